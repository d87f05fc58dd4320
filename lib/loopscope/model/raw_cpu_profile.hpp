#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/model/cpu_profile.hpp>

#include <iosfwd>
#include <string_view>

namespace loopscope::model {

/// Writes a capture as sections, see `section_writer`. Errors show in the stream's state.
void write_raw(std::ostream& out, raw_cpu_profile const& profile);

/// Reads what `write_raw` wrote. Bounded by the input: a size that it does not hold is an error
/// before anything is allocated for it.
/// \return  errc::not_a_raw_capture  it does not begin as one;
///          errc::unknown_raw_version  of another version;
///          errc::raw_truncated  it ends early;
///          errc::raw_malformed  an index, size or order is wrong.
result<raw_cpu_profile> read_raw(std::string_view bytes);

}  // namespace loopscope::model
