#include <loopscope/artifacts/directory_impl.hpp>
#include <loopscope/artifacts/name.hpp>
#include <loopscope/artifacts/published_impl.hpp>
#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/expects.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <map>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace loopscope::artifacts {

namespace {

byte_count size_of(struct stat const& info) {
  return {static_cast<std::uint64_t>(info.st_size)};
}

}  // namespace

store::store(settings where, clocks time) : settings_{std::move(where)}, ages_{std::move(time)} {
  auto const directory = open_directory(settings_.directory);
  if (!directory)
    throw std::system_error{directory.error().value(), std::generic_category(),
                            "cannot use the artifact directory " + settings_.directory.string()};
  try {
    lock_ = owner_lock{directory->get()};
  } catch (std::system_error const& error) {
    throw std::system_error{
        error.code(), "cannot write to the artifact directory " + settings_.directory.string()};
  }
  if (auto const cleared = remove_leftovers(directory->get(), lock_); !cleared)
    throw std::system_error{cleared.error().value(), std::generic_category(),
                            "cannot list the artifact directory " + settings_.directory.string()};
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
  } catch (std::system_error const& error) {
    return storage_error(error.code().value());
  }
  return make_stem(kind, lock_.id(), ages_.wall_time());
}

result<pending_artifact> store::create(std::string const& name) {
  LOOPSCOPE_EXPECTS(parse_name(name).has_value());
  auto directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  return pending_artifact::create(std::move(*directory), settings_.directory, name);
}

result<std::vector<artifact>> store::commit(std::vector<pending_artifact> pending) {
  if (pending.empty()) return std::vector<artifact>{};
  std::vector<entry> files;
  byte_count sum;
  for (auto& each : pending) {
    if (auto const complete = each.complete(); !complete) return complete.error();
    files.push_back({.name = each.name(), .info = stat_of(each.fd())});
    sum += size_of(files.back().info);
  }
  auto const room = make_room(pending.front().directory(), sum);
  if (!room) return room.error();
  std::vector<artifact> done;
  for (std::size_t at = 0; at < pending.size(); ++at) {
    if (auto const published = pending[at].publish(); !published) {
      for (auto const& each : done) std::ignore = remove(each.name);  // all or none
      return published.error();
    }
    ages_.add_new(files[at].name, files[at].info);
    digests_.insert(files[at].name, files[at].info, pending[at].sha256());
    count(size_of(files[at].info));
    done.push_back(describe(files[at].name, files[at].info));
  }
  return done;
}

result<std::vector<artifact>> store::list() {
  auto const directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  auto const found = unexpired(directory->get());
  if (!found) return found.error();
  std::vector<artifact> all;
  for (auto const& each : *found) all.push_back(describe(each.name, each.info));
  return all;
}

result<open_artifact> store::open(std::string_view name) {
  auto const directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  if (!is_visible(directory->get(), name)) return errc::not_found;
  auto file = open_published(directory->get(), std::string{name});
  if (!file) return file.error();
  return open_artifact{describe(name, stat_of(file->get())), std::move(*file)};
}

std::string store::digest(open_artifact const& of) {
  return digests_.compute(of.about.name, of.file.get());
}

result<void> store::remove(std::string_view name) {
  auto const directory = open_directory(settings_.directory);
  if (!directory) return directory.error();
  if (!is_visible(directory->get(), name)) return errc::not_found;
  std::string const path{name};
  auto const found = find_published(directory->get(), path);
  if (!found) return errc::not_found;
  if (unlinkat(directory->get(), path.c_str(), 0) != 0) return storage_error(errno);
  auto const size = size_of(*found);
  if (usage_.count > 0) {
    --usage_.count;
    usage_.size -= std::min(size, usage_.size);
  }
  digests_.erase(name);
  return {};
}

usage store::sweep() {
  auto const directory = open_directory(settings_.directory);
  if (!directory || !unexpired(directory->get())) usage_ = {};
  return usage_;
}

// The ages of other instances' files are taken down too, for when they have ended.
result<std::vector<store::entry>> store::entries(int directory) {
  auto names = names_in(directory);
  if (!names) return names.error();
  std::map<std::string, owner, std::less<>> owners;  // by id
  std::vector<entry> found;
  ages_.begin();
  for (auto& name : *names) {
    auto const parts = parse_name(name);
    auto const info = parts ? find_published(directory, name) : std::nullopt;
    if (!info) continue;
    auto const age = ages_.of(name, *info);
    auto known = owners.find(parts->owner());
    if (known == owners.end())
      known = owners.emplace(parts->owner(), lock_.find(directory, parts->owner())).first;
    if (known->second == owner::alive) continue;
    found.push_back({std::move(name), *info, age, known->second != owner::unknown});
  }
  ages_.end();
  auto const by_age = [](entry const& a, entry const& b) {
    return std::tuple{-a.age, modified(a.info), std::string_view{a.name}} <
           std::tuple{-b.age, modified(b.info), std::string_view{b.name}};
  };
  std::sort(found.begin(), found.end(), by_age);
  usage_ = {};
  for (auto const& each : found) count(size_of(each.info));
  return found;
}

result<std::vector<store::entry>> store::unexpired(int directory) {
  auto all = entries(directory);
  if (!all) return all;
  std::erase_if(*all, [&](entry const& each) {
    return each.evictable && each.age > settings_.max_age && remove(each.name).has_value();
  });
  return all;
}

result<void> store::make_room(int directory, byte_count wanted) {
  auto all = unexpired(directory);
  if (!all) return all.error();
  std::erase_if(*all, [](entry const& each) { return !each.evictable; });
  byte_count total = wanted;
  for (auto const& each : *all) total += size_of(each.info);
  for (auto const& each : *all) {
    if (total <= settings_.quota || wanted > settings_.quota) break;
    auto const removed = remove(each.name);
    if (removed) total -= size_of(each.info);
    if (!removed && removed.error() != make_error_code(errc::not_found)) return removed.error();
  }
  if (total > settings_.quota) return errc::quota_exceeded;
  return {};
}

void store::count(byte_count size) {
  ++usage_.count;
  usage_.size += size;
}

// Whether a name is an artifact's, and not of another live instance.
bool store::is_visible(int directory, std::string_view name) const {
  auto const parts = parse_name(name);
  return parts && lock_.find(directory, parts->owner()) != owner::alive;
}

artifact store::describe(std::string_view name, struct stat const& info) const {
  auto const parts = parse_name(name);
  LOOPSCOPE_EXPECTS(parts.has_value());
  return {
      .name = std::string{name},
      .path = settings_.directory / name,
      .size = size_of(info),
      .sha256 = digests_.find(name, info),
      .kind = std::string{parts->kind},
      .capture_id = std::string{parts->capture_id},
      .created = modified(info),
  };
}

}  // namespace loopscope::artifacts
