#include <loopscope/symbols/name_scanner_impl.hpp>
#include <loopscope/symbols/qualified_name_impl.hpp>

#include <algorithm>
#include <array>

namespace loopscope::symbols {

namespace {

// Of functions that return a pointer to a function that returns one.
constexpr int max_declarators = 8;

// Takes a qualified name apart. A declaration around it, and what follows, is left out.
class name_parser {
 public:
  explicit name_parser(std::string_view text) : in_{text} {}

  // \return false  the text makes no sense.
  bool parse() {
    while (!in_.at_end() && !declarator_)
      if (!step()) return false;
    if (current_) done_.push_back(*current_);
    return declarator_ || !done_.empty();
  }

  // What holds the name, if that is in the declarator of a function: `*name(int)`.
  [[nodiscard]] std::optional<std::string_view> declarator() const { return declarator_; }

  [[nodiscard]] std::vector<component> const& parts() const { return done_; }

 private:
  // Goes past the next piece; false if there is no sense in it.
  bool step() {
    switch (in_.peek()) {
      case '<':
        return angle();
      case '(':
        return parenthesis();
      case '{':
        return brace();
      case '[':
        return in_.square_brackets().has_value();
      case ' ':
        return space();
      case ':':
        return separator();
      default:
        return word();
    }
  }

  bool separator() {
    if (!in_.skip("::")) return false;
    if (current_) done_.push_back(*current_);
    current_.reset();
    has_parameters_ = is_operator_ = false;
    return true;
  }

  bool angle() {
    auto const is_lambda = in_.rest().starts_with("<lambda");
    auto const begin = in_.position();
    auto const inside = in_.template_arguments();
    if (!inside) return false;
    if (current_)
      current_->arguments = inside;
    else
      current_ = {is_lambda ? component_kind::lambda : component_kind::name, in_.since(begin)};
    return true;
  }

  bool parenthesis() {
    if (!current_ && in_.skip(unnamed_namespace)) {
      current_ = {component_kind::hidden, unnamed_namespace};
      return true;
    }
    auto const inside = in_.parentheses();
    if (!inside) return false;
    // A function that returns a pointer to a function: `void (*name(int))(char)`.
    if (!current_) declarator_ = *inside;
    has_parameters_ = true;
    return true;
  }

  bool brace() {
    auto const is_lambda = in_.rest().starts_with("{lambda");
    auto const begin = in_.position();
    if (!in_.braces()) return false;
    auto const is_destructor = current_ && current_->name == "~";
    current_ = {is_lambda && !is_destructor ? component_kind::lambda : component_kind::name,
                is_destructor ? "~lambda" : in_.since(begin)};
    return true;
  }

  // Separates a name from the type before it, or from what qualifies it.
  bool space() {
    in_.advance();
    if (is_operator_ && in_.peek() == '<') return true;  // as in `operator< <int>`
    if (has_parameters_ && qualifier()) return true;
    if (in_.peek() != '[') forget();
    return true;
  }

  bool qualifier() {
    constexpr std::array<std::string_view, 5> all{"const", "volatile", "&&", "&", "noexcept"};
    auto const skipped = [this](std::string_view word) { return in_.skip(word); };
    return std::any_of(all.begin(), all.end(), skipped);
  }

  bool word() {
    auto const begin = in_.position();
    in_.skip("~");
    auto const identifier = in_.identifier();
    if (identifier == "operator") return operator_name(begin);
    if (identifier == "decltype") {
      in_.skip(" ");
      in_.parentheses();
    }
    if (in_.position() == begin) return type_operator();
    current_ = {component_kind::name, in_.since(begin)};
    return true;
  }

  // What stood before it was a type.
  bool type_operator() {
    if (!in_.skip("*") && !in_.skip("&")) return false;
    forget();
    return true;
  }

  void forget() {
    current_.reset();
    done_.clear();
    has_parameters_ = is_operator_ = false;
  }

  bool operator_name(std::size_t begin) {
    is_operator_ = true;
    if (in_.skip("\"\"")) {
      in_.skip(" ");
      in_.identifier();
    } else if (in_.peek() == ' ') {
      if (!named_operator() && !conversion()) return false;
    } else {
      in_.operator_symbol();
    }
    current_ = {component_kind::name, in_.since(begin)};
    return true;
  }

  bool named_operator() {
    constexpr std::array<std::string_view, 3> all{" new", " delete", " co_await"};
    auto const is_it = [this](std::string_view word) {
      auto const rest = in_.rest();
      if (!rest.starts_with(word)) return false;
      name_scanner after{rest.substr(word.size())};
      return after.identifier().empty();
    };
    auto const found = std::find_if(all.begin(), all.end(), is_it);
    if (found == all.end()) return false;
    in_.skip(*found);
    in_.skip("[]");
    return true;
  }

  // The type ends at the parameter list, which is empty, as that of a function in it may be too.
  bool conversion() {
    while (!in_.at_end()) {
      auto const rest = in_.rest();
      if (rest.starts_with("()") && !rest.starts_with("()(")) return true;
      auto const opens = in_.peek() == '(' || in_.peek() == '<';
      auto const group = in_.peek() == '(' ? in_.parentheses() : in_.template_arguments();
      if (opens && !group) return false;
      if (!opens) in_.advance();
    }
    return true;
  }

  name_scanner in_;
  std::vector<component> done_;
  std::optional<component> current_;
  std::optional<std::string_view> declarator_;
  bool has_parameters_ = false;
  bool is_operator_ = false;
};

}  // namespace

std::optional<std::vector<component>> parse_qualified_name(std::string_view declaration) {
  for (int depth = 0; depth < max_declarators; ++depth) {
    name_parser parser{declaration};
    if (!parser.parse()) return std::nullopt;
    if (!parser.declarator()) return parser.parts();
    declaration = *parser.declarator();
  }
  return std::nullopt;
}

}  // namespace loopscope::symbols
