#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/http/range.hpp>
#include <loopscope/runtime/loop_thread.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace loopscope::control {

/// A body that is a range of a file, which is read on a lane.
class file_body final : public http::body_source {
 public:
  /// \param lane   outlives the object.
  /// \param range  of bytes that the file has.
  file_body(runtime::loop_thread& lane, file_descriptor file, http::byte_range range)
      : lane_{lane}, file_{std::move(file)}, next_{range.begin}, range_{range} {}

  [[nodiscard]] byte_count size() const override { return range_.length(); }

  boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer to) override;

 private:
  runtime::loop_thread& lane_;
  file_descriptor file_;
  byte_count next_;
  http::byte_range range_;
};

}  // namespace loopscope::control
