#include <loopscope/artifacts/ages.hpp>

#include <algorithm>
#include <ctime>
#include <utility>

namespace loopscope::artifacts {

using std::chrono::nanoseconds;
using wall_clock = std::chrono::system_clock;

namespace {

nanoseconds system_uptime() {
  timespec now{};
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds{now.tv_sec} + nanoseconds{now.tv_nsec};
}

}  // namespace

clocks system_clocks() {
  return {wall_clock::now, system_uptime};
}

wall_clock::time_point modified(struct stat const& info) {
  // What a file system can say is more than the clock can count: years 1843 to 2223 are enough.
  auto const seconds = std::clamp<std::int64_t>(info.st_mtim.tv_sec, -4'000'000'000, 8'000'000'000);
  auto const since_epoch = std::chrono::seconds{seconds} + nanoseconds{info.st_mtim.tv_nsec};
  return wall_clock::time_point{std::chrono::duration_cast<wall_clock::duration>(since_epoch)};
}

file_ages::file_ages(clocks time) : time_{std::move(time)}, booted_{time_.wall() - time_.uptime()} {
  begin();
}

void file_ages::begin() {
  wall_ = time_.wall();
  uptime_ = time_.uptime();
  ++round_;
}

nanoseconds file_ages::of(std::string_view name, struct stat const& info) {
  known const seen{info.st_ino, modified(info), uptime_ - apparent_age(info), round_};
  auto const [at, is_new] = known_.try_emplace(std::string{name}, seen);
  auto const& before = at->second;
  if (!is_new && (before.inode != seen.inode || before.modified != seen.modified))
    at->second = seen;
  at->second.asked = round_;
  return uptime_ - at->second.born;
}

void file_ages::end() {
  std::erase_if(known_, [this](auto const& each) { return each.second.asked != round_; });
}

void file_ages::add_new(std::string_view name, struct stat const& info) {
  known const made{info.st_ino, modified(info), time_.uptime(), round_};
  known_.insert_or_assign(std::string{name}, made);
}

nanoseconds file_ages::apparent_age(struct stat const& info) const {
  auto const by_wall = wall_ - modified(info);
  auto const by_uptime = booted_ + uptime_ - modified(info);
  return std::max(nanoseconds{0}, std::min<nanoseconds>(by_wall, by_uptime));
}

}  // namespace loopscope::artifacts
