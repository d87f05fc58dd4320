#include <loopscope/base/build_id.hpp>
#include <loopscope/base/expects.hpp>
#include <loopscope/capture/cpu_recorder.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <tuple>
#include <utility>

namespace loopscope::capture {

namespace {

model::cpu_quality judge(model::raw_cpu_profile const& profile) {
  auto const sampled = static_cast<double>(profile.end_ns - profile.start_ns);
  model::cpu_quality quality;
  quality.samples_expected = static_cast<std::uint64_t>(
      std::llround(sampled / static_cast<double>(profile.period.count())));
  quality.samples_taken = profile.samples.size();
  quality.dropped = profile.dropped;
  for (auto const& sample : profile.samples) quality.overruns += sample.overruns;
  return quality;
}

std::string contents(char const* file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

std::vector<std::string> const& cpu_formats() {
  static std::vector<std::string> const all = [] {
    std::vector<std::string> formats{"cpuprofile", "pb.gz", "folded"};
    if (cpu::native_profiler::available()) formats.emplace_back("prof");
    return formats;
  }();
  return all;
}

result<std::string> cpu_recorder::begin(int hz) {
  auto stem = store_.new_stem("cpu");
  if (!stem) return stem.error();
  pressure_before_ = read_cpu_pressure();
  if (cpu::native_profiler::available()) {
    auto const native = native_.start();
    if (!native) return native.error();
  }
  result<void> sampling = errc::unsupported;
  try {
    sampling = sampler_.start(hz);
  } catch (...) {
    abandon();
    throw;
  }
  if (sampling) return stem;
  abandon();
  return sampling.error();
}

void cpu_recorder::end_sampling() {
  taken_ = sampler_.stop();
}

void cpu_recorder::abandon() {
  if (sampler_.running()) std::ignore = sampler_.stop();
  std::ignore = native_.stop(std::chrono::microseconds{1});  // empty when it does not run
  taken_.reset();
}

void cpu_recorder::remove_raw(std::string const& name) {
  std::ignore = store_.remove(name);  // evicted already is as good
}

result<std::pair<artifacts::artifact, model::cpu_quality>> cpu_recorder::store_raw(
    std::string const& stem) {
  LOOPSCOPE_EXPECTS(taken_.has_value());
  auto profile = *std::exchange(taken_, std::nullopt);
  profile.native =
      native_.stop(std::chrono::duration_cast<std::chrono::microseconds>(profile.period));
  if (profile.samples.empty()) return errc::nothing_captured;
  profile.executable = std::filesystem::read_symlink("/proc/self/exe").string();
  profile.build_id = executable_build_id();
  profile.maps = contents("/proc/self/maps");
  auto quality = judge(profile);
  auto const pressure = read_cpu_pressure() - pressure_before_;
  quality.throttled = pressure.throttled;
  quality.stolen = pressure.stolen;

  std::ostringstream bytes;
  model::write_raw(bytes, profile);
  auto file = store_.create(stem + ".raw");
  if (!file) return file.error();
  auto const written = file->write(bytes.view());
  if (!written) return written.error();
  std::vector<artifacts::pending_artifact> files;
  files.push_back(std::move(*file));
  auto stored = store_.commit(std::move(files));
  if (!stored) return stored.error();
  return std::pair{std::move(stored->front()), quality};
}

result<std::vector<artifacts::pending_artifact>> cpu_recorder::open_outputs(
    std::string const& stem) {
  std::vector<artifacts::pending_artifact> files;
  for (auto const& format : cpu_formats()) {
    auto file = store_.create(std::string{stem}.append(1, '.').append(format));
    if (!file) return file.error();
    files.push_back(std::move(*file));
  }
  return files;
}

result<std::vector<artifacts::artifact>> cpu_recorder::publish(
    std::vector<artifacts::pending_artifact> outputs, std::string const& raw_name) {
  auto const is_empty = [](artifacts::pending_artifact const& each) {
    return std::filesystem::file_size(each.path()) == 0;
  };
  if (std::any_of(outputs.begin(), outputs.end(), is_empty)) return errc::encoder_failed;
  auto done = store_.commit(std::move(outputs));
  if (done) std::ignore = store_.remove(raw_name);  // evicted already is as good
  return done;
}

}  // namespace loopscope::capture
