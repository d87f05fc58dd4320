#include <loopscope/unwind/table_builder_impl.hpp>

#include <array>
#include <cstring>
#include <utility>

namespace loopscope::unwind {

namespace {

constexpr std::size_t max_rules = 0xffff;  // objects have some hundred

}  // namespace

table_builder::table_builder(std::uint32_t text_size) : text_size_{text_size} {
  append(0, unwind_rule{});  // rule 0 is `unknown`
}

void table_builder::add(described_function const& function) {
  if (function.begin < covered_) return skip();
  ++counts_.functions;
  cfa_program program{function.instructions, function.of->factors, function.of->initial};
  std::uint64_t from = function.begin;
  auto const add_row = [&](std::uint64_t to) {
    if (to <= from || from >= function.end) return;
    auto const rule =
        program.supported() ? to_rule(program.row(), function.of->signal_frame) : unwind_rule{};
    if (rule.kind == cfa_kind::unknown) ++counts_.unsupported;
    append(static_cast<std::uint32_t>(from), rule);
    from = to;
  };
  while (auto const bytes = program.finish_row()) add_row(from + *bytes);
  add_row(function.end);
  covered_ = function.end;
  // Padding must not inherit the row before it. Replaced if the next function begins right here.
  append(function.end, unwind_rule{});
}

unwind_table table_builder::finish() && {
  rows_.shrink_to_fit();
  rules_.shrink_to_fit();
  return {std::move(rows_), std::move(rules_), text_size_, counts_};
}

void table_builder::append(std::uint32_t begin, unwind_rule const& rule) {
  auto const index = index_of(rule);
  if (!rows_.empty() && rows_.back().begin == begin) rows_.pop_back();
  if (!rows_.empty() && rows_.back().rule == index) return;
  rows_.push_back({begin, index});
}

std::uint16_t table_builder::index_of(unwind_rule const& rule) {
  if (!rules_.empty() && rules_[last_] == rule) return last_;
  if (auto const known = indices_.find(rule); known != indices_.end()) return last_ = known->second;
  if (rules_.size() == max_rules) return 0;
  last_ = static_cast<std::uint16_t>(rules_.size());
  indices_.emplace(rule, last_);
  rules_.push_back(rule);
  return last_;
}

std::size_t table_builder::hash::operator()(unwind_rule const& rule) const {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), &rule, sizeof rule);
  auto const mixed = words[0] * 0x9e3779b97f4a7c15u ^ words[1] * 0xc2b2ae3d27d4eb4fu;
  return mixed ^ mixed >> 32;
}

}  // namespace loopscope::unwind
