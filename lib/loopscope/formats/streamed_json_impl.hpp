#pragma once

#include <loopscope/base/json_writer.hpp>

#include <cstddef>
#include <ostream>
#include <string>

namespace loopscope::formats {

/// JSON that goes on to a stream piece by piece.
class streamed_json {
 public:
  explicit streamed_json(std::ostream& to) : to_{to} {}

  json_writer& writer() noexcept { return writer_; }

  /// Hands on what is written, if it is much.
  void pass_on(std::size_t much = std::size_t{64} * 1024) {
    if (text_.size() < much) return;
    to_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }

 private:
  std::ostream& to_;
  std::string text_;
  json_writer writer_{text_};
};

}  // namespace loopscope::formats
