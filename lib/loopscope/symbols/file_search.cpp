#include <loopscope/symbols/file_search_impl.hpp>

#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

namespace loopscope::symbols {

namespace {

std::string map_file(std::string const& folder, model::mapping const& where) {
  std::ostringstream path;
  path << folder << "/map_files/" << std::hex << where.start << '-' << where.end;
  return std::move(path).str();
}

}  // namespace

bool file_identity::matches(elf_file const& file) const {
  if (!build_id.empty()) return file.build_id() == build_id;
  return inode == 0 || file.inode() == inode;
}

bool file_search::try_path(std::string const& path) {
  if (found) return true;
  auto opened = elf_file::open(path);
  if (!opened) return false;
  if (wanted.matches(*opened))
    found = std::move(*opened);
  else
    saw_another = true;
  return found.has_value();
}

std::string_view without_deleted_mark(std::string_view path) {
  if (path.ends_with(model::deleted_mark)) path.remove_suffix(model::deleted_mark.size());
  return path;
}

std::vector<std::string> live_paths(pid_t process, model::mapping const& where) {
  namespace fs = std::filesystem;
  auto const folder = "/proc/" + std::to_string(process);
  std::vector<std::string> paths{map_file(folder, where)};
  std::error_code error;
  // It ends early at an error: the process is gone, or not ours to look into.
  for (fs::directory_iterator at{folder + "/fd", error}, end; !error && at != end;
       at.increment(error)) {
    std::error_code unreadable;
    auto const target = fs::read_symlink(at->path(), unreadable).string();
    if (without_deleted_mark(target) == without_deleted_mark(where.path))
      paths.push_back(at->path().string());
  }
  return paths;
}

}  // namespace loopscope::symbols
