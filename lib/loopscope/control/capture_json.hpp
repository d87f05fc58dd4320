#pragma once

#include <loopscope/capture/cpu_capture.hpp>

#include <boost/json/object.hpp>

namespace loopscope::control {

/// `{filePath, durationSeconds, artifacts, quality}` of a capture that is done.
boost::json::object result_json(capture::cpu_capture_state const& state);

/// `{id, kind, phase, progress, startedAt, ...}` of a capture in any phase; its result once it is
/// done, its error once it has failed. `progress` counts sampling alone, 0 to 1.
boost::json::object progress_json(capture::cpu_capture_state const& state);

}  // namespace loopscope::control
