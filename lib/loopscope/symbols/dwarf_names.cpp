#include <loopscope/symbols/dwarf_names_impl.hpp>

#include <dwarf.h>
#include <optional>
#include <utility>

namespace loopscope::symbols {

namespace {

// An attribute of its own, with none of the declaration.
std::optional<Dwarf_Die> referred(Dwarf_Die& from, unsigned attribute) {
  Dwarf_Attribute found{};
  Dwarf_Die target{};
  if (!dwarf_attr(&from, attribute, &found) || !dwarf_formref_die(&found, &target))
    return std::nullopt;
  return target;
}

// What an instance, or a definition outside of its class, was declared as: there it has its scope.
Dwarf_Die declaration_of(Dwarf_Die die) {
  constexpr int steps = 8;
  for (int i = 0; i < steps; ++i) {
    auto next = referred(die, DW_AT_abstract_origin);
    if (!next) next = referred(die, DW_AT_specification);
    if (!next) break;
    die = *next;
  }
  return die;
}

bool is_type(int tag) {
  return tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

// What functions may be declared in, by name.
bool is_scope(int tag) {
  return is_type(tag) || tag == DW_TAG_namespace || tag == DW_TAG_subprogram;
}

// Functions of C have no scope.
bool is_cpp(Dwarf_Die& function) {
  Dwarf_Die unit{};
  if (!dwarf_diecu(&function, &unit, nullptr, nullptr)) return false;
  switch (dwarf_srclang(&unit)) {
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
      return true;
    default:
      return false;
  }
}

bool is_closure(Dwarf_Die& type) {
  return is_type(dwarf_tag(&type)) && text_of(type, DW_AT_name).empty();
}

constexpr std::string_view call_operator = "operator()";

// As a part of the name of what is declared in it.
std::string scope_name(Dwarf_Die& scope, bool holds_call_operator) {
  auto const tag = dwarf_tag(&scope);
  std::string name{text_of(scope, DW_AT_name)};
  if (tag == DW_TAG_subprogram) return name.empty() ? name : name + "()";
  if (!name.empty()) return name;
  if (tag == DW_TAG_namespace) return "(anonymous namespace)";
  return holds_call_operator ? "<lambda()>" : "{unnamed type}";
}

}  // namespace

std::string_view dwarf_names::system_name(Dwarf_Die& function) {
  if (auto const known = names_.find(function.addr); known != names_.end()) return known->second;
  auto name = text_of(function, DW_AT_linkage_name);
  if (name.empty()) name = text_of(function, DW_AT_MIPS_linkage_name);
  if (name.empty()) {
    name = text_of(function, DW_AT_name);
    if (!name.empty() && is_cpp(function))
      name = made_names_.emplace_back(qualified_name(declaration_of(function)));
  }
  return names_.emplace(function.addr, name).first->second;
}

std::string dwarf_names::qualified_name(Dwarf_Die declaration) {
  constexpr int deepest = 64;
  std::string name{text_of(declaration, DW_AT_name)};
  auto is_call_operator = name == call_operator;
  auto const* scope = scope_of(declaration);
  for (int i = 0; i < deepest && scope; ++i) {
    auto die = dwarf_tag(const_cast<Dwarf_Die*>(scope)) == DW_TAG_subprogram
                   ? declaration_of(*scope)
                   : *scope;
    if (auto const part = scope_name(die, is_call_operator); !part.empty())
      name.insert(0, part + "::");
    is_call_operator = text_of(die, DW_AT_name) == call_operator;
    scope = scope_of(die);
  }
  return name;
}

std::uint32_t dwarf_names::declared_line(Dwarf_Die& function) {
  auto declaration = declaration_of(function);
  auto const* scope = scope_of(declaration);
  if (scope && text_of(declaration, DW_AT_name) == call_operator) {
    auto type = *scope;
    if (is_closure(type))
      if (auto const line = number_of(type, DW_AT_decl_line); line != 0) return line;
  }
  return number_of(function, DW_AT_decl_line);
}

// \return null: in none that has a name.
Dwarf_Die const* dwarf_names::scope_of(Dwarf_Die const& of) {
  if (read_.insert(of.cu).second) {
    auto die = of;
    Dwarf_Die unit{};
    if (dwarf_diecu(&die, &unit, nullptr, nullptr)) read_scopes(unit, unit, 0);
  }
  auto const found = scopes_.find(of.addr);
  if (found == scopes_.end() || !is_scope(dwarf_tag(&found->second))) return nullptr;
  return &found->second;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which is bounded
void dwarf_names::read_scopes(Dwarf_Die& parent, Dwarf_Die const& scope, int depth) {
  if (depth >= deepest_dwarf) return;
  // NOLINTNEXTLINE(misc-no-recursion): see above
  for_each_child(parent, [&](Dwarf_Die& child) {
    auto const tag = dwarf_tag(&child);
    if (is_scope(tag)) scopes_.emplace(child.addr, scope);
    if (is_scope(tag) || tag == DW_TAG_lexical_block)
      read_scopes(child, is_scope(tag) ? child : scope, depth + 1);
  });
}

}  // namespace loopscope::symbols
