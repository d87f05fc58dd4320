#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/digest.hpp>
#include <loopscope/base/hex.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace loopscope::test {

/// Commits a single file.
inline result<artifacts::artifact> commit_one(artifacts::store& to,
                                              artifacts::pending_artifact pending) {
  std::vector<artifacts::pending_artifact> files;
  files.push_back(std::move(pending));
  auto done = to.commit(std::move(files));
  if (!done) return done.error();
  return std::move(done->front());
}

/// Writes an artifact through the store; `name` is a new one unless it is given.
inline result<artifacts::artifact> try_to_save(artifacts::store& to, std::string_view content,
                                               std::string name = {}) {
  if (name.empty()) {
    auto const stem = to.new_stem("cpu");
    if (!stem) return stem.error();
    name = *stem + ".prof";
  }
  auto pending = to.create(name);
  if (!pending) return pending.error();
  auto const written = pending->write(content);
  if (!written) return written.error();
  return commit_one(to, std::move(*pending));
}

/// The same, where it has to work.
inline artifacts::artifact save(artifacts::store& to, std::string_view content,
                                std::string name = {}) {
  auto saved = try_to_save(to, content, std::move(name));
  if (!saved) throw std::runtime_error{"not saved: " + saved.error().message()};
  return std::move(*saved);
}

inline std::string sha256_text(std::string_view content) {
  return to_hex(sha256_of(content));
}

/// All bytes of an open file.
inline std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    auto const got = pread(fd, piece.data(), piece.size(), static_cast<off_t>(text.size()));
    if (got < 0) throw std::runtime_error{"cannot read"};
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace loopscope::test
