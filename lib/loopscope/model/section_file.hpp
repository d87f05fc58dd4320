#pragma once

#include <loopscope/base/result.hpp>

#include <cstdint>
#include <cstring>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>

namespace loopscope::model {

/// The version of raw captures that this build writes, and the only one that it reads.
inline constexpr std::uint32_t raw_version = 1;

/// Writes the container of every raw capture: `LOOPSRAW`, a version, and sections of
/// `{tag, size, bytes}`, the last of which is empty and says that nothing is missing. Integers are
/// little-endian. Errors show in the stream's state. Memory: none but the caller's.
class section_writer {
 public:
  /// Writes the beginning. \param out  borrowed.
  explicit section_writer(std::ostream& out);

  /// Goes on behind sections that are there already.
  static section_writer resume(std::ostream& out) { return section_writer{&out}; }

  /// \param tag  above 0.
  void section(std::uint32_t tag, std::string_view bytes);

  /// Writes the last section. Nothing may follow.
  void finish();

 private:
  explicit section_writer(std::ostream* out) : out_{*out} {}

  std::ostream& out_;
};

/// Takes sections off the front of a raw capture. Bounded by the input: a size that it does not
/// hold is an error.
class section_reader {
 public:
  struct section {
    std::uint32_t tag = 0;
    std::string_view bytes;  ///< of the input
  };

  /// Checks the beginning.
  /// \return  errc::not_a_raw_capture  it does not begin as one;
  ///          errc::raw_truncated  it ends early;
  ///          errc::unknown_raw_version  of another version.
  static result<section_reader> open(std::string_view bytes);

  /// The next section; one with tag 0 is the last.
  /// \return  errc::raw_truncated  the input ends early;
  ///          errc::raw_malformed  the last section holds something, or is followed by something.
  result<section> next();

 private:
  explicit section_reader(std::string_view rest) : rest_{rest} {}

  std::string_view rest_;
};

/// Takes values off the front of a section's bytes; `failed` once they do not suffice.
class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) : rest_{bytes} {}

  template <class T>
  requires std::is_trivially_copyable_v<T> T take() {
    T value{};
    auto const bytes = take_bytes(sizeof value);
    if (!failed_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  std::string_view take_bytes(std::uint64_t count) {
    failed_ = failed_ || count > rest_.size();
    if (failed_) return {};
    auto const bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return rest_.size(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

/// Appends a value as it lies in memory, little-endian.
template <class T>
requires std::is_trivially_copyable_v<T>
void append_bytes(std::string& to, T const& value) {
  to.append(reinterpret_cast<char const*>(&value), sizeof value);
}

}  // namespace loopscope::model
