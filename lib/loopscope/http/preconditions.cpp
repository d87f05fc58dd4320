#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/preconditions.hpp>

#include <string>

namespace loopscope::http {

namespace {

enum class comparison { strong, weak };

// Whether `*` or a list of entity tags has `etag`. A tag may have commas in its quotes. What is no
// list of tags has none.
bool lists(std::string_view list, std::string_view etag, comparison how) {
  if (trimmed(list) == "*") return true;
  bool found = false;
  while (true) {
    while (!list.empty() && (is_blank(list.front()) || list.front() == ',')) list.remove_prefix(1);
    if (list.empty()) return found;
    auto const is_weak = list.starts_with("W/");
    if (is_weak) list.remove_prefix(2);
    auto const close = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
    if (close == std::string_view::npos) return false;
    auto const tag = list.substr(0, close + 1);
    list.remove_prefix(tag.size());
    while (!list.empty() && is_blank(list.front())) list.remove_prefix(1);
    if (!list.empty() && list.front() != ',') return false;
    found = found || (tag == etag && (how == comparison::weak || !is_weak));
  }
}

}  // namespace

bool is_conditional(request_head const& head) {
  return head.find(field::if_match).count > 0 || head.find(field::if_none_match).count > 0;
}

std::optional<status> failed_precondition(request_head const& head, std::string_view etag) {
  if (head.find(field::if_match).count > 0 &&
      !lists(head.joined(field::if_match), etag, comparison::strong))
    return status::precondition_failed;
  if (head.find(field::if_none_match).count == 0 ||
      !lists(head.joined(field::if_none_match), etag, comparison::weak))
    return std::nullopt;
  auto const is_read = head.method() == verb::get || head.method() == verb::head;
  return is_read ? status::not_modified : status::precondition_failed;
}

}  // namespace loopscope::http
