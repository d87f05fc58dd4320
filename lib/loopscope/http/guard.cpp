#include <loopscope/http/guard.hpp>
#include <loopscope/http/target.hpp>

namespace loopscope::http {

std::string_view to_text(verdict value) noexcept {
  switch (value) {
    case verdict::admitted:
      return "admitted";
    case verdict::closed:
      return "closed";
    case verdict::no_token:
      return "no_token";
    case verdict::wrong_token:
      return "wrong_token";
  }
  return "unknown";
}

bool guard::covers(std::string_view path) const noexcept {
  return is_under(path, prefix_);
}

verdict guard::judge(request_head const& head) const {
  auto const token = head.find(header_);
  if (token.count == 0) return open_ ? verdict::no_token : verdict::closed;
  auto const is_right = token_.matches(token.first) && token.count == 1;
  if (!open_) return verdict::closed;
  return is_right ? verdict::admitted : verdict::wrong_token;
}

}  // namespace loopscope::http
