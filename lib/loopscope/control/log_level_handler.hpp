#pragma once

#include <loopscope/base/log.hpp>
#include <loopscope/http/message.hpp>

#include <vector>

namespace loopscope::control {

/// PUT ...?level=debug|info|warn|error -> `{"level": ...}`
struct set_log_level {
  logger& log;

  http::response operator()(http::request const& request) const;
};

std::vector<http::parameter> log_level_parameters();

}  // namespace loopscope::control
