#pragma once

#include <loopscope/base/digest.hpp>

#include <cstddef>
#include <iosfwd>
#include <string_view>

namespace loopscope {

/// A shared secret of which only the digest is kept: it can be compared, never printed.
/// \thread any
class secret {
 public:
  secret() = default;
  explicit secret(std::string_view plain) : digest_{sha256_of(plain)}, length_{plain.size()} {}

  [[nodiscard]] bool empty() const noexcept { return length_ == 0; }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }

  /// Compares digests in constant time, so that neither content nor length leaks by timing.
  /// An empty secret matches nothing.
  [[nodiscard]] bool matches(std::string_view candidate) const;

  bool operator==(secret const&) const = default;

 private:
  sha256_digest digest_{};
  std::size_t length_ = 0;
};

/// Prints `***`, or nothing for an empty secret.
std::ostream& operator<<(std::ostream& out, secret const& value);

}  // namespace loopscope
