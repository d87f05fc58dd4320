#pragma once

#include <loopscope/model/cpu_profile.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/presentation.hpp>
#include <loopscope/model/symbolized_profile.hpp>
#include <loopscope/symbols/symbolizer.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace loopscope::symbols {

/// What the first address of a stack is; all others are return addresses.
enum class first_address : std::uint8_t {
  interrupted,  ///< where the thread was
  returned,     ///< a return address too
};

/// Turns stacks of addresses into the tables of code with names. What starts the program or a
/// thread is left out of them.
class code_table_builder {
 public:
  /// Viewers take the first module for the program. \param names  outlives it.
  explicit code_table_builder(symbolizer& names);

  void add_stack(model::call_stack const& pcs, model::stack_end end, first_address first);

  /// Of the files in which a hundredth of the samples or more were busy. That the libraries of C
  /// and C++ have nothing but symbols is the usual case.
  [[nodiscard]] std::vector<std::string> notes(std::vector<model::cpu_sample> const& samples) const;

  /// The stacks are in the order in which they were added. It is the last call.
  void move_into(model::code_tables& tables, model::name_style style);

 private:
  std::uint32_t mark_of(model::stack_end end);
  std::uint32_t location_of(std::uint64_t address);
  std::uint32_t module_of(model::mapping const& where);
  std::uint32_t function_of(frame const& each);
  [[nodiscard]] bool is_start_code(std::uint32_t at) const;
  void drop_start_code(std::vector<std::uint32_t>& stack) const;
  [[nodiscard]] bool is_in_noted_file(std::uint32_t place) const;
  [[nodiscard]] bool has_line(std::uint32_t place) const;
  [[nodiscard]] std::string blind_note(std::uint32_t place) const;

  symbolizer& names_;
  std::vector<model::code_module> modules_;
  std::vector<model::code_function> functions_;
  std::vector<model::code_location> locations_;
  std::vector<model::mapping const*> where_;  // by location, null in no file
  std::vector<model::code_stack> stacks_;
  std::unordered_map<std::uint64_t, std::uint32_t> location_ids_;
  std::unordered_map<model::stack_end, std::uint32_t> mark_ids_;
  std::unordered_map<model::mapping const*, std::uint32_t> module_ids_;
  std::unordered_map<std::string, std::uint32_t> function_ids_;
};

}  // namespace loopscope::symbols
