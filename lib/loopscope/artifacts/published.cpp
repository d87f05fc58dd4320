#include <loopscope/artifacts/digest_cache.hpp>
#include <loopscope/artifacts/directory_impl.hpp>
#include <loopscope/artifacts/name.hpp>
#include <loopscope/artifacts/pending_artifact.hpp>
#include <loopscope/artifacts/published_impl.hpp>

#include <unistd.h>

namespace loopscope::artifacts {

namespace {

bool is_reservation(struct stat const& file, std::optional<struct stat> const& temporary) {
  return file.st_size == 0 && temporary.has_value();
}

void clear(int directory, std::string const& name, owner_lock const& lock) {
  auto const temporary = pending_artifact::temporary_name(name);
  auto const part = look_at(directory, temporary);
  auto const file = look_at(directory, name);
  if (!part) return;
  // Nobody needs the second name, whether the instance is alive or not.
  auto const named = file && is_same_file(*file, *part) && S_ISREG(part->st_mode) &&
                     part->st_uid == geteuid() && part->st_nlink == 2;
  if (named) unlinkat(directory, temporary.c_str(), 0);
  auto const owner_id = parse_name(name)->owner();
  if (!is_own_regular_file(*part) || lock.find(directory, owner_id) != owner::gone) return;
  // In this order: an empty file without a temporary one would be an artifact.
  if (file && is_own_regular_file(*file) && is_reservation(*file, part))
    unlinkat(directory, name.c_str(), 0);
  unlinkat(directory, temporary.c_str(), 0);
}

}  // namespace

std::optional<struct stat> find_published(int directory, std::string const& name) {
  auto found = look_at(directory, name);
  while (found && found->st_size == 0) {
    if (look_at(directory, pending_artifact::temporary_name(name))) return std::nullopt;
    // Without a temporary file it is empty, or was renamed over just now.
    auto const again = look_at(directory, name);
    if (again && is_same_file(*again, *found)) break;
    found = again;
  }
  if (!found || !is_own_regular_file(*found)) return std::nullopt;
  return found;
}

result<file_descriptor> open_published(int directory, std::string const& name) {
  while (true) {
    auto file = open_own_file(directory, name);
    if (!file) return file;
    auto const info = stat_of(file->get());
    if (info.st_size > 0) return file;
    auto const published = find_published(directory, name);
    if (!published) return errc::not_found;
    if (is_same_file(*published, info)) return file;
  }
}

result<void> remove_leftovers(int directory, owner_lock const& lock) {
  auto const entries = names_in(directory);
  if (!entries) return entries.error();
  for (auto const& entry : *entries) {
    std::string const name{pending_artifact::final_name(entry)};
    if (parse_name(name)) clear(directory, name, lock);
  }
  return {};
}

}  // namespace loopscope::artifacts
