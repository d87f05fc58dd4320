#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <type_traits>

namespace loopscope {

/// Failures that a caller or peer can cause and is expected to handle; anything else is an
/// exception.
enum class errc {
  busy = 1,             ///< another operation of the kind runs
  timed_out,            ///< the limit passed first
  invalid_argument,     ///< outside the documented bounds
  not_found,            ///< no such thing, or not ours
  quota_exceeded,       ///< would not fit into the configured quota
  storage_full,         ///< no room for what another process wrote; its words have the cause
  rename_refused,       ///< no system call that gives a file its name is allowed
  memory_refused,       ///< would bring the process near its memory limit
  range_unsatisfiable,  ///< a byte range outside of the representation
  unsupported,          ///< this build or this system cannot do it
  nothing_captured,     ///< a capture that took no sample
  capture_failed,       ///< a capture that failed otherwise; the detail says how
  cancelled,            ///< ended on request, without a result
  tracking_off,         ///< the heap is not tracked
  encoder_failed,       ///< the encoder process did not do its work; the raw capture is kept
  not_a_raw_capture,    ///< a file of another kind
  unknown_raw_version,  ///< a raw capture of another version of loopscope
  raw_truncated,        ///< a raw capture that ends early
  raw_malformed,        ///< a raw capture that contradicts itself
};

boost::system::error_category const& loopscope_category() noexcept;

inline boost::system::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), loopscope_category()};
}

/// A file operation that failed: the value is its errno, so that the cause reaches the caller.
boost::system::error_category const& storage_category() noexcept;

inline boost::system::error_code storage_error(int error) noexcept {
  return {error, storage_category()};
}

/// Whether an errno means that there is no room for more bytes: a full disk, a quota, a size limit.
bool means_no_space(int error) noexcept;

template <class T>
using result = boost::system::result<T>;

}  // namespace loopscope

template <>
struct boost::system::is_error_code_enum<loopscope::errc> : std::true_type {};
