#include <loopscope/symbols/mangled_reader_impl.hpp>

#include <algorithm>

namespace loopscope::symbols {

void mangled_reader::list(void (mangled_reader::*each)()) {
  level const here{*this};
  while (!rest_.empty() && !skip("E")) (this->*each)();
}

void mangled_reader::argument() {
  if (skip("J")) return list(&mangled_reader::argument);
  if (peek() == 'L') return literal();
  if (skip("X")) return list(&mangled_reader::expression);
  type();
}

void mangled_reader::literal() {
  level const here{*this};
  rest_.remove_prefix(1);
  names unused;
  if (skip("_Z"))
    function(unused);
  else
    type();
  auto const end = rest_.find('E');
  if (end == std::string_view::npos) return stop();
  rest_.remove_prefix(end + 1);
}

void mangled_reader::type() {
  level const here{*this};
  names unused;
  if (is_letter("PROKVrCG")) {
    rest_.remove_prefix(1);
    // A qualifier of a function type stands before its end.
    if (peek() != 'E') type();
  } else if (is_letter("NZS0123456789")) {
    name(unused);
  } else if (is_letter("DFAMTUu")) {
    special_type();
  } else if (is_letter("abcdefghijlmnostvwxyz")) {
    rest_.remove_prefix(1);
  } else {
    stop();
  }
}

void mangled_reader::special_type() {
  names unused;
  if (skip("F")) {
    skip("Y");
    list(&mangled_reader::type);
  } else if (skip("A")) {
    number();
    if (peek() != '_') expression();
    if (!skip("_")) return stop();
    type();
  } else if (skip("M")) {
    type();
    type();
  } else if (skip("T")) {
    numbered();
    if (peek() == 'I') arguments(unused);
  } else if (peek() == 'U') {
    unnamed_type(unused);
  } else if (skip("u")) {
    source_name();
    if (peek() == 'I') arguments(unused);
  } else if (skip("Dt") || skip("DT") || skip("DO")) {
    list(&mangled_reader::expression);
  } else if (skip("Dw")) {
    list(&mangled_reader::type);
  } else if (skip("Dp")) {
    type();
  } else if (skip("DF") || skip("Dv")) {
    numbered();
    if (is_letter("abcdefghijlmnostvwxyz")) type();
  } else if (!skip("Do")) {  // Dn, Da, Du: of two letters
    rest_.remove_prefix(std::min<std::size_t>(2, rest_.size()));
  }
}

void mangled_reader::expression() {
  level const here{*this};
  names unused;
  if (peek() == 'L')
    literal();
  else if (peek() == 'I')
    arguments(unused);
  else if (is_digit())
    source_name();
  else if (peek() >= 'a' && peek() <= 'z')
    operation();
  else if (!skip("_"))
    argument();
}

// Operands follow one by one: only those that are types, and lists of them, have to be told apart.
void mangled_reader::operation() {
  if (skip("cl") || skip("il") || skip("cp")) return list(&mangled_reader::expression);
  if (skip("tl")) {
    type();
    return list(&mangled_reader::expression);
  }
  if (skip("cv")) {
    type();
    if (skip("_")) list(&mangled_reader::expression);
    return;
  }
  if (skip("sr") || skip("st") || skip("at") || skip("ti") || skip("sc") || skip("dc") ||
      skip("cc") || skip("rc"))
    return type();
  if (skip("sP")) return list(&mangled_reader::argument);
  if (skip("fL")) {
    number();
    skip("p");
  } else if (!skip("fp")) {
    rest_.remove_prefix(std::min<std::size_t>(2, rest_.size()));
    return;
  }
  while (is_letter("rVK")) rest_.remove_prefix(1);
  if (!skip("T")) numbered();
}

}  // namespace loopscope::symbols
