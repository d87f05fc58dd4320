#include <loopscope/base/expects.hpp>
#include <loopscope/control/log_level_handler.hpp>

namespace loopscope::control {

http::response set_log_level::operator()(http::request const& request) const {
  auto const& name = request.parameters.choice("level");
  auto const level = parse_log_level(name);
  LOOPSCOPE_EXPECTS(level.has_value());
  auto const before = to_text(log.level());
  log.level(*level);
  // An audit line, because a change to `error` would hide itself.
  log.audit("log_level", {{"from", before}, {"to", name}});
  boost::json::object const body{{"level", name}};
  return http::json(http::status::ok, body);
}

std::vector<http::parameter> log_level_parameters() {
  return {http::choice_parameter{"level", {"debug", "info", "warn", "error"}}};
}

}  // namespace loopscope::control
