#include <loopscope/artifacts/digest_cache.hpp>
#include <loopscope/base/digest.hpp>
#include <loopscope/base/hex.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace loopscope::artifacts {

struct stat stat_of(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) throw std::system_error{errno, std::generic_category(), "fstat"};
  return info;
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

std::string digest_cache::find(std::string_view name, struct stat const& info) const {
  auto const now = identity_of(info);
  std::lock_guard const lock{mutex_};
  auto const found = known_.find(name);
  return found != known_.end() && found->second.of == now ? found->second.sha256 : std::string{};
}

std::string digest_cache::compute(std::string_view name, int fd) {
  auto const info = stat_of(fd);
  if (auto digest = find(name, info); !digest.empty()) return digest;
  auto digest = sha256_of_file(fd);
  insert(name, info, digest);
  return digest;
}

void digest_cache::insert(std::string_view name, struct stat const& info, std::string sha256) {
  known entry{identity_of(info), std::move(sha256)};
  std::lock_guard const lock{mutex_};
  known_.insert_or_assign(std::string{name}, std::move(entry));
}

void digest_cache::erase(std::string_view name) {
  std::lock_guard const lock{mutex_};
  if (auto const found = known_.find(name); found != known_.end()) known_.erase(found);
}

digest_cache::identity digest_cache::identity_of(struct stat const& info) {
  return {info.st_ino, static_cast<std::uint64_t>(info.st_size),
          info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec};
}

}  // namespace loopscope::artifacts
