#pragma once

#include "arguments.hpp"

#include <loopscope/base/capture_formats.hpp>
#include <loopscope/formats/heap_capture.hpp>
#include <loopscope/model/heap_reach.hpp>
#include <loopscope/model/raw_heap.hpp>
#include <loopscope/model/symbolized_heap.hpp>

#include <boost/json/object.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::tool {

/// A heap capture with names, to be written in any of its formats.
class heap_source {
 public:
  static constexpr capture_kind kind = capture_kind::heap;
  static constexpr std::string_view native_format = "heap";

  /// \param bytes  of the raw capture, outlive it.
  /// \throws exception  with the file's name and the reason.
  heap_source(std::string_view bytes, encode_arguments const& asked);

  void write(std::ostream& to, std::string_view format) const;
  [[nodiscard]] bool has_native() const noexcept { return !raw_.heap.gperftools.empty(); }
  [[nodiscard]] boost::json::object summary() const;
  [[nodiscard]] model::code_tables const& code() const noexcept { return named_; }
  [[nodiscard]] std::vector<std::string> const& notes() const noexcept { return named_.notes; }

 private:
  model::frame_style frames_;
  model::heap_sections raw_;
  model::symbolized_heap named_;
  model::heap_reach reach_;
};

}  // namespace loopscope::tool
