#include <loopscope/control/exchange_log.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace loopscope::control {

namespace {

// One label for all that clients make up: the number of series stays bounded.
constexpr std::string_view unmatched = "(unmatched)";
constexpr std::string_view unknown_method = "(unknown)";

constexpr std::chrono::seconds report_interval{1};

// What clients make up must not fill the log: a byte may take six there.
constexpr std::size_t longest_text = 512;

std::string_view shortened(std::string_view text) {
  return text.substr(0, longest_text);
}

// The method as static text.
std::string_view method_label(std::string_view method) {
  auto const known = boost::beast::http::string_to_verb(method);
  if (known == http::verb::unknown) return unknown_method;
  return http::view(boost::beast::http::to_string(known));
}

}  // namespace

void exchange_log::finished(http::exchange const& what) {
  if (what.route != metrics_path_) {
    auto const route = what.route.empty() ? unmatched : what.route;
    metrics_.record(method_label(what.method), route, static_cast<unsigned>(what.status),
                    what.duration);
  }
  if (suppressed_ > 0 && clock::now() - reported_ >= report_interval) report_suppressed();
  if (log_.enabled(log_level::debug)) access(what);
}

bool exchange_log::audit(http::exchange const& what) {
  if (is_admitted(what)) return write_audit(what);
  audit_refused(what);
  return true;
}

bool exchange_log::write_audit(http::exchange const& what) {
  return log_.audit("guarded_call", {{"id", what.id},
                                     {"peer", what.peer},
                                     {"method", shortened(what.method)},
                                     {"path", shortened(what.path)},
                                     {"outcome", is_admitted(what) ? "allowed" : "refused"},
                                     {"guard", to_text(*what.verdict)},
                                     {"status", static_cast<unsigned>(what.status)}});
}

void exchange_log::audit_refused(http::exchange const& what) {
  auto const now = clock::now();
  std::chrono::duration<double> const since = now - std::exchange(refilled_, now);
  refused_lines_left_ =
      std::min(refused_burst, refused_lines_left_ + since.count() * refused_per_second);
  auto const has_line = refused_lines_left_ >= 1;
  if (has_line) refused_lines_left_ -= 1;
  if (has_line && write_audit(what)) return;
  if (suppressed_++ == 0) reported_ = now;
}

void exchange_log::report_suppressed() {
  if (suppressed_ == 0 || !log_.audit("refused_calls_suppressed", {{"count", suppressed_}})) return;
  suppressed_ = 0;
}

void exchange_log::access(http::exchange const& what) {
  auto const duration_ms = std::chrono::duration<double, std::milli>(what.duration).count();
  log_.debug("request", {{"id", what.id},
                         {"peer", what.peer},
                         {"method", shortened(what.method)},
                         {"path", shortened(what.path)},
                         {"status", static_cast<unsigned>(what.status)},
                         {"durationMs", duration_ms},
                         {"bytes", what.body_bytes}});
}

}  // namespace loopscope::control
