#include <loopscope/base/result.hpp>

#include <cerrno>
#include <string>

namespace loopscope {

namespace {

// error_category has no virtual destructor; nothing is ever deleted through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
struct loopscope_errors final : boost::system::error_category {
  char const* name() const noexcept override { return "loopscope"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::busy:
        return "another operation of this kind is running";
      case errc::timed_out:
        return "deadline exceeded";
      case errc::invalid_argument:
        return "invalid argument";
      case errc::not_found:
        return "not found";
      case errc::quota_exceeded:
        return "artifact quota exceeded";
      case errc::storage_full:
        return "no space left for artifacts";
      case errc::rename_refused:
        return "artifact storage: renameat2, link and rename are all refused";
      case errc::memory_refused:
        return "not enough memory headroom";
      case errc::range_unsatisfiable:
        return "range not satisfiable";
      case errc::unsupported:
        return "not supported by this build";
      case errc::nothing_captured:
        return "the capture took no samples";
      case errc::capture_failed:
        return "the capture failed";
      case errc::cancelled:
        return "cancelled";
      case errc::tracking_off:
        return "heap tracking is off";
      case errc::encoder_failed:
        return "the capture could not be encoded";
      case errc::not_a_raw_capture:
        return "not a raw capture";
      case errc::unknown_raw_version:
        return "a raw capture of an unknown version";
      case errc::raw_truncated:
        return "the raw capture is truncated";
      case errc::raw_malformed:
        return "the raw capture is malformed";
    }
    return "unknown error";
  }
};

struct storage_errors final : boost::system::error_category {
  char const* name() const noexcept override { return "loopscope.storage"; }

  std::string message(int value) const override {
    return "artifact storage: " + boost::system::generic_category().message(value);
  }

  boost::system::error_condition default_error_condition(int value) const noexcept override {
    return {value, boost::system::generic_category()};
  }
};
#pragma GCC diagnostic pop

}  // namespace

boost::system::error_category const& loopscope_category() noexcept {
  static loopscope_errors const instance;
  return instance;
}

boost::system::error_category const& storage_category() noexcept {
  static storage_errors const instance;
  return instance;
}

bool means_no_space(int error) noexcept {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

}  // namespace loopscope
