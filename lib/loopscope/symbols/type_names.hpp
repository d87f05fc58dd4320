#pragma once

#include <string>
#include <string_view>

namespace loopscope::symbols {

/// The C++ name of a type, by what a type_info has: `N3lab7sessionE`. Anything else as it is.
/// \thread any
std::string demangle_type(std::string_view mangled);

/// The name that a person reads in a list of types: `std::vector<lab::piece>`, `std::string`.
///
/// No unnamed or inline namespaces; allocators, comparisons and hashes of the standard library are
/// left out of template arguments, and what is nested deeper than two levels is `...`. \thread any
std::string short_type_name(std::string_view type);

/// The type that a function of the standard library allocates, by its full name:
/// `std::__new_allocator<T>::allocate(...)` or `std::make_unique<T, ...>(...)`; or of Asio, for an
/// operation. Empty for any other. \thread any
std::string allocated_type(std::string_view function);

/// Whether a block of this type holds many of it as a rule: `char`, `std::byte`, `double`.
bool is_fundamental(std::string_view type);

}  // namespace loopscope::symbols
