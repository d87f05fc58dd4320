#pragma once

#include <chrono>
#include <string>

namespace loopscope {

/// UTC as `2026-01-02T03:04:05.678Z` (ISO 8601, milliseconds). \thread any
std::string iso_time(std::chrono::system_clock::time_point time);

/// The same with `-` for `:`, as it stands in a file name: `2026-01-02T03-04-05.678Z`.
std::string iso_time_for_name(std::chrono::system_clock::time_point time);

/// The `Date` form of RFC 9110 section 5.6.7: `Fri, 02 Jan 2026 03:04:05 GMT`.
std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace loopscope
