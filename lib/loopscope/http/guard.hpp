#pragma once

#include <loopscope/base/secret.hpp>
#include <loopscope/http/request_head.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace loopscope::http {

/// What a guard says to a request.
enum class verdict { admitted, closed, no_token, wrong_token };

/// For the log: `admitted`, `closed`, `no_token`, `wrong_token`.
std::string_view to_text(verdict value) noexcept;

/// Decides who may call what is guarded.
///
/// Those who are refused get one response whatever the reason, so that they learn nothing from it;
/// the reason is for the log. \thread any
class guard {
 public:
  /// \param prefix  paths at and below it are guarded before they are routed.
  /// \param header  the name of the field that carries the token.
  /// \param open    false refuses everybody, whatever the token.
  guard(std::string prefix, std::string header, bool open, secret token)
      : prefix_{std::move(prefix)}, header_{std::move(header)}, open_{open}, token_{token} {}

  /// Whether a path is guarded by where it lies.
  [[nodiscard]] bool covers(std::string_view path) const noexcept;

  /// Admitted is who carries the token, once, in the guard's header.
  [[nodiscard]] verdict judge(request_head const& head) const;

 private:
  std::string prefix_;
  std::string header_;
  bool open_;
  secret token_;
};

}  // namespace loopscope::http
