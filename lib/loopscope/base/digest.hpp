#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace loopscope {

using sha256_digest = std::array<std::uint8_t, 32>;

/// SHA-256 over bytes that arrive in pieces. \thread any, one at a time
class sha256 {
 public:
  sha256();
  ~sha256();
  sha256(sha256&&) noexcept;
  sha256& operator=(sha256&&) noexcept;

  /// Forgets everything: a digest that has finished can begin anew.
  void begin();
  void update(std::string_view bytes);

  /// The digest of all bytes so far; the object takes no more afterwards.
  sha256_digest finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

sha256_digest sha256_of(std::string_view bytes);

}  // namespace loopscope
