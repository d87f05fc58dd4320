#pragma once

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstddef>
#include <cstdint>
#include <ostream>  // field.hpp of Beast 1.81 needs it
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::http {

using boost::beast::http::field;
using boost::beast::http::verb;

/// The line and the fields of a request, as they came. Its text views live until it is changed.
class request_head {
 public:
  /// The lines of one field.
  struct found {
    std::size_t count = 0;   ///< how many lines there are
    std::string_view first;  ///< the value of the first, empty if there is none
  };

  [[nodiscard]] verb method() const noexcept { return method_; }
  [[nodiscard]] std::string_view method_text() const noexcept { return view(method_text_); }
  [[nodiscard]] std::string_view target() const noexcept { return view(target_); }

  /// 10 for HTTP/1.0, else 11: a later 1.x is read as 1.1 (RFC 9110 section 2.5).
  [[nodiscard]] unsigned version() const noexcept { return version_; }

  [[nodiscard]] found find(http::field name) const noexcept;

  /// \param name  in any case.
  [[nodiscard]] found find(std::string_view name) const noexcept;

  /// The value of a field's first line, empty if there is none.
  [[nodiscard]] std::string_view operator[](http::field name) const noexcept {
    return find(name).first;
  }

  /// The values of all lines of a list field as one list (RFC 9110 section 5.3).
  [[nodiscard]] std::string joined(http::field name) const;

  void clear() noexcept;
  void set_line(verb method, std::string_view method_text, std::string_view target,
                unsigned version);
  void add(http::field known, std::string_view name, std::string_view value);

 private:
  // Texts lie one behind the other in one string, which may move while it grows.
  struct part {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
  };
  struct line {
    http::field known;
    part name;
    part value;
  };

  part keep(std::string_view text);
  [[nodiscard]] std::string_view view(part what) const noexcept {
    return std::string_view{text_}.substr(what.begin, what.length);
  }

  verb method_ = verb::unknown;
  unsigned version_ = 11;
  part method_text_;
  part target_;
  std::string text_;
  std::vector<line> lines_;
};

}  // namespace loopscope::http
