#include <loopscope/symbols/dwarf_tree_impl.hpp>

namespace loopscope::symbols {

std::string_view text_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found{};
  auto const* text = dwarf_formstring(dwarf_attr_integrate(&die, attribute, &found));
  return text ? std::string_view{text} : std::string_view{};
}

std::uint32_t number_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found{};
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr_integrate(&die, attribute, &found), &value) != 0) return 0;
  return static_cast<std::uint32_t>(value);
}

}  // namespace loopscope::symbols
