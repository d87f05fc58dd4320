#include <loopscope/cpu/native_profile.hpp>

#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace loopscope::cpu {

namespace {

using word = std::uint64_t;

// Header words: 0, number of words that follow (3), version (0), period in us, padding.
constexpr std::size_t header_words = 5;
constexpr std::size_t period_word = 3;

[[noreturn]] void fail(char const* call) {
  throw std::system_error{errno, std::generic_category(), call};
}

// The file as 8-byte words; the process map that follows the samples is cut to whole words.
std::vector<word> read_words(int fd) {
  auto const size = lseek(fd, 0, SEEK_END);
  if (size < 0) fail("lseek");
  std::vector<word> words(static_cast<std::size_t>(size) / sizeof(word));
  auto const wanted = words.size() * sizeof(word);
  for (std::size_t done = 0; done < wanted;) {
    auto* const to = reinterpret_cast<char*>(words.data()) + done;
    auto const got = pread(fd, to, wanted - done, static_cast<off_t>(done));
    if (got < 0) fail("pread");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return words;
}

// Records are {count, depth, pc...}; the last is {0, 1, 0}. None if it is missing.
std::optional<native_profile_summary> count_samples(std::span<word const> words) {
  native_profile_summary sum{};
  if (words.size() < header_words || words[0] != 0) return std::nullopt;
  for (auto rest = words.subspan(header_words); rest.size() >= 3;) {
    auto const count = rest[0];
    auto const depth = rest[1];
    if (count == 0) return sum;
    if (depth > rest.size() - 2) return std::nullopt;
    sum.samples += count;
    ++sum.stacks;
    rest = rest.subspan(2 + depth);
  }
  return std::nullopt;
}

}  // namespace

result<native_profile_summary> finish_native_profile(int fd, std::chrono::microseconds period) {
  auto summary = count_samples(read_words(fd));
  if (!summary) return errc::storage_full;
  summary->period = period;
  std::array const value{static_cast<word>(period.count())};
  if (pwrite(fd, value.data(), sizeof value, period_word * sizeof(word)) != sizeof value)
    fail("pwrite");
  return *summary;
}

}  // namespace loopscope::cpu
