#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::symbols {

/// Reads the grammar of mangled names as far as it takes to find the first name in it. It stops
/// where there is no sense in the text.
class mangled_reader {
 public:
  using names = std::vector<std::string>;

  /// \param text  behind the `_Z`.
  explicit mangled_reader(std::string_view text) : rest_{text} {}

  /// A function: its name, and the types behind it.
  /// \param to  gets the parts of the qualified name, as far as they are understood.
  void function(names& to);

 private:
  // One step down into the grammar; real names stay far below the limit.
  class level {
   public:
    explicit level(mangled_reader& in) : in_{in} {
      constexpr int max_depth = 500;
      if (++in_.depth_ > max_depth) in_.stop();
    }
    level(level const&) = delete;
    level& operator=(level const&) = delete;
    ~level() { --in_.depth_; }

   private:
    mangled_reader& in_;
  };

  [[nodiscard]] char peek(std::size_t at = 0) const;
  [[nodiscard]] bool is_digit() const;
  [[nodiscard]] bool is_letter(std::string_view any_of) const;
  [[nodiscard]] bool at_end() const { return rest_.empty() || peek() == 'E' || peek() == '.'; }
  bool skip(std::string_view token);
  void number();
  void numbered();  // and the `_` behind it
  void stop() { rest_ = {}; }

  void name(names& to);
  void nested_name(names& to);
  void local_name(names& to);
  void part(names& to);
  void unnamed_type(names& to);
  void operator_name(names& to);
  void substitution(names& to);
  void arguments(names& to);
  std::string source_name();

  void list(void (mangled_reader::*each)());  // up to its `E`
  void argument();
  void literal();
  void type();
  void special_type();
  void expression();
  void operation();

  std::string_view rest_;
  int depth_ = 0;
};

/// The qualified name of a mangled function, without parameters and with `<...>` for template
/// arguments: for what is too long for the demangler of the C++ library. Empty if there is none.
/// Takes any bytes.
/// Source: https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling
std::string qualified_name_in(std::string_view mangled);

}  // namespace loopscope::symbols
