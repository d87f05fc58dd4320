#pragma once

#include <loopscope/base/secret.hpp>
#include <loopscope/http/message.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace loopscope::http {

/// Decides who may call what is guarded.
///
/// There is one refusal for every reason (switched off, no token, wrong token), so that a
/// stranger learns nothing from it. \thread any
class guard {
 public:
  /// \param prefix   paths at and below it are guarded before they are routed.
  /// \param open     false refuses everybody, whatever the token.
  guard(std::string prefix, bool open, secret token)
      : prefix_{std::move(prefix)}, open_{open}, token_{token} {}

  /// Whether a path is guarded by where it lies.
  [[nodiscard]] bool covers(std::string_view path) const noexcept;

  /// Whether the request carries the token, once, as `x-lab-token`.
  [[nodiscard]] bool admits(fields const& head) const;

 private:
  std::string prefix_;
  bool open_;
  secret token_;
};

}  // namespace loopscope::http
