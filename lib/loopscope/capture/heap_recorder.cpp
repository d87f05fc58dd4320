#include <loopscope/base/capture_formats.hpp>
#include <loopscope/capture/child_end_impl.hpp>
#include <loopscope/capture/heap_recorder.hpp>
#include <loopscope/capture/heap_verdict.hpp>
#include <loopscope/heap/allocator.hpp>
#include <loopscope/heap/headroom.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

namespace loopscope::capture {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto scan_limit = 120s;

// What has to stay free beside the copy: the service goes on, and each page that it writes to
// meanwhile is there twice.
constexpr auto kept_free = mebibytes(64);
// The encoder, mostly for debug information. It comes when the child has ended.
constexpr auto encoder_memory = mebibytes(96);

std::vector<std::string> formats(bool has_native) {
  std::vector<std::string> all;
  for (auto const& each : capture_formats)
    if (each.kind == capture_kind::heap && (has_native || each.extension != "heap"))
      all.emplace_back(each.extension);
  return all;
}

std::string beginning() {
  std::ostringstream bytes;
  model::section_writer{bytes}.section(static_cast<std::uint32_t>(model::heap_tag::mark), {});
  return std::move(bytes).str();
}

std::string tail(model::raw_heap const& heap) {
  std::ostringstream bytes;
  model::write_raw_heap_tail(bytes, heap);
  return std::move(bytes).str();
}

std::uint64_t integer(boost::json::object const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  boost::system::error_code error;
  auto const value = found ? found->to_number<std::uint64_t>(error) : 0;
  return error ? 0 : value;
}

double number(boost::json::object const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  boost::system::error_code error;
  auto const value = found ? found->to_number<double>(error) : 0;
  return error ? 0 : value;
}

boost::system::error_code refusal(std::system_error const& error) {
  auto const is_memory = error.code().value() == ENOMEM;
  return is_memory ? make_error_code(errc::memory_refused) : make_error_code(errc::capture_failed);
}

}  // namespace

asio::awaitable<result<started_capture>> heap_recorder::begin(services with,
                                                              model::presentation shown) {
  auto const recorder = std::make_shared<heap_recorder>(with, shown);  // its function is copied
  auto start = [&]() -> result<std::string> {
    if (heap::current_tracking() == heap::tracking_mode::off) return errc::tracking_off;
    if (auto const enough = recorder->check_memory(); !enough) return enough.error();
    return with.files.store.new_stem(to_text(capture_kind::heap));
  };
  auto stem = co_await runtime::offload(with.files.workers.short_lane, std::move(start));
  if (!stem) co_return stem.error();
  auto record = [recorder, stem = *stem](capture_job& job) { return recorder->record(job, stem); };
  co_return started_capture{std::move(*stem), std::move(record)};
}

result<void> heap_recorder::check_memory() const {
  auto const scan = heap::snapshot_memory(with_.tracker.blocks.count());
  auto const needed = std::max(scan, encoder_memory) + kept_free;
  if (heap::memory_headroom() < needed) return errc::memory_refused;
  return {};
}

asio::awaitable<result<capture_result>> heap_recorder::record(capture_job& job, std::string stem) {
  capture_files files{with_.files, std::move(stem)};
  auto const is_exact = heap::current_tracking() == heap::tracking_mode::exact;
  // Not one expression: g++ 12 destroys what co_await returned in a conditional one twice.
  auto taking = is_exact ? take_objects(job, files) : take_samples(files);
  auto raw = co_await std::move(taking);
  if (!raw) co_return raw.error();
  job.state.phase = capture_phase::encoding;
  auto encoded = co_await files.encode(job, std::move(*raw), formats(has_native_), shown_);
  if (!encoded) co_return encoded.error();
  add_report(encoded->report);
  capture_result done;
  done.artifacts = std::move(encoded->artifacts);
  done.quality = to_json(quality_, judge(quality_));
  co_return done;
}

asio::awaitable<result<artifacts::artifact>> heap_recorder::take_objects(capture_job& job,
                                                                         capture_files& files) {
  auto file = co_await files.create_raw();
  if (!file) co_return file.error();
  std::optional<heap::snapshot> snapshot;
  std::optional<process::child> scan;
  std::string refused;
  auto fork = [&]() -> result<void> {
    if (auto const written = file->write(beginning()); !written) return written;
    snapshot.emplace(with_.tracker, file->fd());
    if (!with_.tracker.blocks.has_ids_left()) {
      refused = "there are no more ids for blocks: restart the service";
      return errc::capture_failed;
    }
    try {
      scan.emplace([&] { return snapshot->fork(); });
    } catch (std::system_error const& error) {
      refused = error.what();
      return refusal(error);
    }
    return {};
  };
  // Every operator new waits for it, so it must not run at a low priority. The thread lives as long
  // as the service, and the child ends with the thread.
  auto const forked = co_await runtime::offload(with_.files.workers.short_lane, std::move(fork));
  job.state.detail = std::move(refused);
  if (!forked) co_return forked.error();
  auto const scanned = co_await wait_for_scan(job, *scan);
  if (!scanned) co_return scanned.error();
  auto complete = [&]() -> result<void> {
    auto const heap = snapshot->description();
    note(heap);
    return file->write(tail(heap));
  };
  auto const completed =
      co_await runtime::offload(with_.files.workers.bulk_lane, std::move(complete));
  if (!completed) co_return completed.error();
  co_await keep_files();
  quality_.lost = snapshot->totals().lost;
  quality_.pause = snapshot->pause();
  co_return co_await files.store_raw(std::move(*file));
}

asio::awaitable<result<void>> heap_recorder::wait_for_scan(capture_job& job, process::child& scan) {
  // A cancellation that came before has no effect on a wait that begins later.
  bool ended = false;
  if (!job.is_cancelled()) ended = co_await job.cancellable(has_ended(scan, scan_limit));
  if (!ended) scan.kill();
  auto const status = scan.wait();
  if (job.is_cancelled()) co_return errc::cancelled;
  if (status.succeeded()) co_return result<void>{};
  using kind = process::exit_status::kind;
  if (status == process::exit_status{kind::exited, tool_exit::no_space})
    co_return errc::storage_full;
  if (status == process::exit_status{kind::exited, heap::scan_without_memory})
    co_return errc::memory_refused;
  job.state.detail = "the scan of the heap: " +
                     (ended ? to_text(status)
                            : "it took longer than " + std::to_string(scan_limit.count()) + " s");
  co_return errc::capture_failed;
}

asio::awaitable<result<artifacts::artifact>> heap_recorder::take_samples(capture_files& files) {
  auto take = [this]() -> result<std::string> {
    auto const heap = heap::sampled_heap(with_.tracker);
    if (heap.samples.empty()) return errc::nothing_captured;
    note(heap);
    return beginning() + tail(heap);
  };
  auto bytes = co_await runtime::offload(with_.files.workers.bulk_lane, std::move(take));
  if (!bytes) co_return bytes.error();
  co_await keep_files();
  co_return co_await files.store_raw(std::move(*bytes));
}

// What is known before the capture is encoded.
void heap_recorder::note(model::raw_heap const& heap) {
  has_native_ = !heap.gperftools.empty();
  maps_ = heap.image.maps;
  if (auto const stats = heap::read_allocator_stats())
    quality_.allocated_bytes = stats->allocated.value;
  quality_.sampled = heap.sampled;
  quality_.samples = heap.samples.size();
  double sampled_bytes = 0;
  for (auto const& each : heap.samples)
    sampled_bytes += each.weight * static_cast<double>(each.size);
  quality_.tracked_bytes = static_cast<std::uint64_t>(std::llround(sampled_bytes));
}

asio::awaitable<void> heap_recorder::keep_files() {
  auto keep = [this] {
    if (auto const maps = model::parse_maps(maps_)) with_.files.encoder.keep_files(*maps);
  };
  co_await runtime::offload(with_.files.workers.short_lane, std::move(keep));
}

void heap_recorder::add_report(encoder_report const& report) {
  auto const& figures = report.figures;
  quality_.objects = integer(figures, "objects");
  if (!quality_.sampled) quality_.tracked_bytes = integer(figures, "liveBytes");
  quality_.scanned_bytes = integer(figures, "scannedBytes");
  quality_.unreached_objects = integer(figures, "unreachedObjects");
  quality_.unreached_bytes = integer(figures, "unreachedBytes");
  quality_.untyped_share = number(figures, "untypedShare");
  quality_.unresolved_share = report.unresolved_share;
  quality_.changed_modules = report.changed_modules;
  quality_.notes = report.notes;
}

}  // namespace loopscope::capture
