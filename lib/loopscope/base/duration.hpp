#pragma once

#include <loopscope/base/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace loopscope {

/// A duration written as digits and one unit of `ms s m h`: `250ms`, `10s`, `24h`.
/// \return errc::invalid_argument  anything else, or more than 10 years.
result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back: `90s`, `24h`, `1500ms`.
std::string to_text(std::chrono::milliseconds duration);

}  // namespace loopscope
