#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loopscope::symbols {

/// A system name is what identifies a function beside its file: the linker's name, mangled or not;
/// the qualified name as the debug information has it (`a::(anonymous namespace)::f`); or what
/// stands in for a name (`0x120 (libc.so.6)`, `[libm.so.6 changed]`), which all of these functions
/// return as it is. They take any bytes.

/// The C++ name with parameters and template arguments; anything else as it is. What is too long
/// for the demangler of the C++ library (1 024 characters in GCC 12) has neither. \thread any
std::string full_name(std::string_view system_name);

/// The name that a person reads in a flame chart: `lab::jam::dot_product`.
///
/// No parameter list, return type, unnamed or inline namespace. Template arguments are `<...>`, but
/// for a single short one: `session<tls>`. `std::string` and its like have their short names. The
/// body of a lambda is `lab::serve::lambda at session.cpp:57`, that of a coroutine
/// `lab::session::run [coroutine]`. Clones that the optimizer made have the name of the function.
/// \param file, line  of the function's beginning; empty and 0 if unknown. \thread any
std::string short_name(std::string_view system_name, std::string_view file, std::uint32_t line);

/// The system name of a coroutine that waits: `lab::session::run() [awaiting session.cpp:85]`. The
/// two functions above keep that mark.
/// \param resume_function  the linker's name of its body.
/// \param file, line       of the `co_await`; empty and 0 if unknown: `[awaiting]`. \thread any
std::string awaiting_name(std::string_view resume_function, std::string_view file,
                          std::uint32_t line);

}  // namespace loopscope::symbols
