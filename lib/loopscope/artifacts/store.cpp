#include <loopscope/artifacts/directory_impl.hpp>
#include <loopscope/artifacts/name.hpp>
#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/digest.hpp>
#include <loopscope/base/expects.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace loopscope::artifacts {

namespace {

using clock = std::chrono::system_clock;

struct stat stat_of(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) throw std::system_error{errno, std::generic_category(), "fstat"};
  return info;
}

std::int64_t modified_ns(struct stat const& info) {
  return info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec;
}

clock::time_point modified(struct stat const& info) {
  return clock::time_point{
      std::chrono::duration_cast<clock::duration>(std::chrono::nanoseconds{modified_ns(info)})};
}

std::string sha256_of_file(int fd) {
  sha256 hash;
  std::array<char, std::size_t{64} * 1024> piece;
  for (off_t at = 0;;) {
    auto const got = pread(fd, piece.data(), piece.size(), at);
    if (got < 0) throw std::system_error{errno, std::generic_category(), "pread"};
    if (got == 0) return to_hex(hash.finish());
    hash.update({piece.data(), static_cast<std::size_t>(got)});
    at += got;
  }
}

}  // namespace

store::store(settings where) : settings_{std::move(where)} {
  auto const directory = open_directory(settings_.directory);
  if (!directory)
    throw std::system_error{errno, std::generic_category(),
                            "cannot use the artifact directory " + settings_.directory.string()};
  try {
    lock_ = owner_lock{directory->get()};
  } catch (std::system_error const& error) {
    throw std::system_error{
        error.code(), "cannot write to the artifact directory " + settings_.directory.string()};
  }
  // What an instance was writing when it died is of no use.
  for (auto const& leftover : names_in(directory->get())) {
    auto const name = parse_name(pending_artifact::final_name(leftover));
    if (!name || lock_.is_held_elsewhere(directory->get(), name->owner())) continue;
    if (open_own_file(directory->get(), leftover)) unlinkat(directory->get(), leftover.c_str(), 0);
  }
}

store::~store() {
  auto const directory = open_directory(settings_.directory);
  if (directory) lock_.release(directory->get());
}

result<std::string> store::new_stem(std::string_view kind) {
  auto const directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  try {
    // The directory may have been emptied, or removed and made anew, since we marked it.
    if (!lock_.is_in(directory->get())) lock_ = owner_lock{directory->get()};
  } catch (std::system_error const&) {
    return errc::storage_unavailable;
  }
  return make_stem(kind, lock_.id(), clock::now());
}

result<pending_artifact> store::create(std::string const& name) {
  LOOPSCOPE_EXPECTS(parse_name(name).has_value());
  auto directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  return pending_artifact::create(std::move(*directory), settings_.directory, name);
}

result<std::vector<artifact>> store::commit(std::vector<pending_artifact> pending) {
  std::vector<artifact> done;
  if (pending.empty()) return done;
  byte_count sum;
  for (auto const& each : pending) sum += {static_cast<std::uint64_t>(stat_of(each.fd()).st_size)};
  auto const room = make_room(pending.front().directory(), sum);
  if (!room) return room.error();
  for (auto const& each : pending) done.push_back(*describe(each.name(), each.fd()));
  for (std::size_t at = 0; at < pending.size(); ++at) {
    if (auto const published = pending[at].publish(); !published) {
      while (at-- > 0) std::ignore = remove(done[at].name);  // all or none
      return published.error();
    }
    count(done[at].size);
  }
  return done;
}

result<std::vector<artifact>> store::list() {
  auto const directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  std::vector<artifact> all;
  for (auto const& each : unexpired(directory->get())) {
    auto const file = open_file(directory->get(), each.name);
    if (!file) continue;  // removed since
    auto about = describe(each.name, file->get());
    if (about) all.push_back(std::move(*about));
  }
  return all;
}

result<open_artifact> store::open(std::string_view name) {
  auto const directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  auto file = open_file(directory->get(), name);
  if (!file) return file.error();
  auto about = describe(name, file->get());
  if (!about) return about.error();
  return open_artifact{std::move(*about), std::move(*file)};
}

result<void> store::remove(std::string_view name) {
  auto const directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  auto const file = open_file(directory->get(), name);
  if (!file) return file.error();
  byte_count const size{static_cast<std::uint64_t>(stat_of(file->get()).st_size)};
  if (unlinkat(directory->get(), std::string{name}.c_str(), 0) != 0) return storage_error(errno);
  if (usage_.count > 0) {
    --usage_.count;
    usage_.size -= std::min(size, usage_.size);
  }
  if (auto const known = digests_.find(name); known != digests_.end()) digests_.erase(known);
  return {};
}

usage store::sweep() {
  auto const directory = open_directory(settings_.directory);
  if (directory)
    unexpired(directory->get());
  else
    usage_ = {};
  return usage_;
}

std::vector<store::entry> store::entries(int directory) {
  std::vector<entry> found;
  for (auto& name : names_in(directory)) {
    auto const file = open_file(directory, name);
    if (!file) continue;
    auto const info = stat_of(file->get());
    found.push_back({std::move(name), {static_cast<std::uint64_t>(info.st_size)}, modified(info)});
  }
  auto const by_age = [](entry const& a, entry const& b) {
    return std::tie(a.created, a.name) < std::tie(b.created, b.name);
  };
  std::sort(found.begin(), found.end(), by_age);
  usage_ = {};
  for (auto const& each : found) count(each.size);
  return found;
}

std::vector<store::entry> store::unexpired(int directory) {
  auto all = entries(directory);
  auto const oldest = clock::now() - settings_.max_age;
  std::erase_if(all, [&](entry const& each) {
    return each.created < oldest && remove(each.name).has_value();
  });
  return all;
}

result<void> store::make_room(int directory, byte_count wanted) {
  auto const all = unexpired(directory);
  byte_count total = wanted;
  for (auto const& each : all) total += each.size;
  for (auto const& each : all) {
    if (total <= settings_.quota || wanted > settings_.quota) break;
    if (remove(each.name)) total -= each.size;
  }
  if (total > settings_.quota) return errc::quota_exceeded;
  return {};
}

void store::count(byte_count size) {
  ++usage_.count;
  usage_.size += size;
}

result<file_descriptor> store::open_file(int directory, std::string_view name) const {
  auto const parts = parse_name(name);
  if (!parts || lock_.is_held_elsewhere(directory, parts->owner())) return errc::not_found;
  auto file = open_own_file(directory, std::string{name});
  if (!file) return errc::not_found;
  return file;
}

result<artifact> store::describe(std::string_view name, int fd) {
  auto const parts = parse_name(name);
  if (!parts) return errc::not_found;
  auto const info = stat_of(fd);
  return artifact{
      .name = std::string{name},
      .path = settings_.directory / name,
      .size = {static_cast<std::uint64_t>(info.st_size)},
      .sha256 = digest_of(name, fd),
      .kind = std::string{parts->kind},
      .capture_id = std::string{parts->capture_id},
      .created = modified(info),
  };
}

std::string store::digest_of(std::string_view name, int fd) {
  auto const info = stat_of(fd);
  identity const now{info.st_ino, static_cast<std::uint64_t>(info.st_size), modified_ns(info)};
  auto const known = digests_.find(name);
  if (known != digests_.end() && known->second.first == now) return known->second.second;
  auto digest = sha256_of_file(fd);
  digests_.insert_or_assign(std::string{name}, std::pair{now, digest});
  return digest;
}

}  // namespace loopscope::artifacts
