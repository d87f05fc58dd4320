#pragma once

#include <loopscope/model/cpu_quality.hpp>

#include <string>
#include <vector>

namespace loopscope::capture {

/// Where doubt begins, and where a capture misleads: at this figure or beyond it. Shares are in
/// [0, 1].
struct doubt {
  double usable;      ///< no longer good
  double misleading;  ///< no longer usable
};

/// What may be said of a capture.
struct judgement {
  model::verdict verdict = model::verdict::good;
  std::vector<std::string> warnings;  ///< a sentence what is wrong, then one what to do
};

char const* to_text(model::verdict of) noexcept;

}  // namespace loopscope::capture
