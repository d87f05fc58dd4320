#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/capture/capture_job.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <vector>

namespace loopscope::control {

/// `[{name, path, bytes, sha256, kind, createdAt, captureId}, ...]`
boost::json::array to_json(std::vector<artifacts::artifact> const& all);

/// `{filePath, ..., artifacts, quality}` of a capture that is done; a CPU profile has
/// `durationSeconds` between them.
boost::json::object result_json(capture::capture_state const& state);

/// `{id, kind, phase, progress, startedAt, ...}` of a capture in any phase; its result once it is
/// done, its error once it has failed. `progress` counts sampling alone, 0 to 1.
boost::json::object progress_json(capture::capture_state const& state);

}  // namespace loopscope::control
