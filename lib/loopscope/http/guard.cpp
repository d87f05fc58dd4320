#include <loopscope/http/guard.hpp>
#include <loopscope/http/target.hpp>

#include <iterator>

namespace loopscope::http {

bool guard::covers(std::string_view path) const noexcept {
  return is_under(path, prefix_);
}

bool guard::admits(fields const& head) const {
  auto const [first, last] = head.equal_range("x-lab-token");
  if (first == last || std::next(first) != last) return false;
  auto const token = first->value();
  return token_.matches({token.data(), token.size()}) && open_;
}

}  // namespace loopscope::http
