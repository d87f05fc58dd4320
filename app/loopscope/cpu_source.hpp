#pragma once

#include "arguments.hpp"

#include <loopscope/base/capture_formats.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <boost/json/object.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::tool {

/// A CPU capture with names, to be written in any of its formats.
class cpu_source {
 public:
  static constexpr capture_kind kind = capture_kind::cpu;
  static constexpr std::string_view native_format = "prof";

  /// \param bytes  of the raw capture. \throws exception  with the file's name and the reason.
  cpu_source(std::string_view bytes, encode_arguments const& asked);

  void write(std::ostream& to, std::string_view format) const;
  [[nodiscard]] bool has_native() const noexcept { return !raw_.gperftools.empty(); }
  [[nodiscard]] boost::json::object summary() const;
  [[nodiscard]] model::code_tables const& code() const noexcept { return named_; }
  [[nodiscard]] std::vector<std::string> const& notes() const noexcept { return named_.notes; }

 private:
  model::frame_style frames_;
  model::raw_cpu_profile raw_;
  model::symbolized_profile named_;
};

}  // namespace loopscope::tool
