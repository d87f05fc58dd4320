#pragma once

#include <loopscope/symbols/dwarf_tree_impl.hpp>

#include <cstdint>
#include <deque>
#include <elfutils/libdw.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace loopscope::symbols {

/// Names functions with all of their scopes.
///
/// What has internal linkage has no linker's name in DWARF, and its DIE does not tell what it is
/// declared in. So the units that are asked about are read once.
class dwarf_names {
 public:
  /// The linker's name or, without one, what the demangler would write:
  /// `lab::(anonymous namespace)::serve()::<lambda()>::operator()`. Empty if it has none. Lives as
  /// long as this object and what libdw has open.
  std::string_view system_name(Dwarf_Die& function);

  /// The line where the function begins, or the lambda whose body it is; 0 unknown.
  std::uint32_t declared_line(Dwarf_Die& function);

 private:
  std::string qualified_name(Dwarf_Die declaration);
  Dwarf_Die const* scope_of(Dwarf_Die const& of);
  void read_scopes(Dwarf_Die& parent, Dwarf_Die const& scope, int depth);

  std::unordered_map<void const*, Dwarf_Die> scopes_;  // by where the DIE lies in memory
  std::unordered_set<Dwarf_CU const*> read_;
  std::unordered_map<void const*, std::string_view> names_;
  std::deque<std::string> made_names_;
};

}  // namespace loopscope::symbols
