#pragma once

#include <loopscope/heap/child_memory_impl.hpp>
#include <loopscope/heap/scan_impl.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace loopscope::heap {

/// Tells the type of a block by its first two words: the pointer to the table of virtual functions
/// of a polymorphic object, or the functions that resume and destroy a coroutine.
///
/// Source: Itanium C++ ABI, 2.5.2 (the type_info stands before the first virtual function) and
/// 2.9.4 (its name behind its own table pointer); GCC's frames of coroutines begin with the
/// functions that resume and destroy them.
class type_finder {
 public:
  explicit type_finder(std::vector<file_span> const& files, int output) noexcept
      : files_{files},
        slots_{child_array<slot>(slot_count)},
        types_{output, model::heap_tag::types} {}

  /// \return the number of the type, from 1; 0 unknown.
  std::uint32_t of(std::uint64_t first, std::uint64_t second) noexcept {
    auto const* const file = find(first);
    if (!file) return 0;
    auto at = (first * 0x9e3779b97f4a7c15) >> (64 - slot_bits);
    while (slots_[at].word != 0 && slots_[at].word != first) at = (at + 1) % slot_count;
    auto& known = slots_[at];
    if (known.word == 0 && used_ < slot_count / 2) {
      auto const type = file->is_code ? add_coroutine(first, second) : add_polymorphic(first);
      ++used_;
      known = {first, type};
    }
    return known.type;
  }

 private:
  static constexpr unsigned slot_bits = 16;
  static constexpr std::size_t slot_count = std::size_t{1} << slot_bits;
  static constexpr std::size_t longest_name = 4096;

  struct slot {
    std::uint64_t word;
    std::uint32_t type;
  };

  [[nodiscard]] file_span const* find(std::uint64_t address) const noexcept {
    auto const next = std::upper_bound(
        files_.begin(), files_.end(), address,
        [](std::uint64_t value, file_span const& each) { return value < each.where.begin; });
    if (next == files_.begin() || !std::prev(next)->where.holds(address)) return nullptr;
    return &*std::prev(next);
  }

  // Words of a file that is mapped for reading; 0 for any other address.
  [[nodiscard]] std::uint64_t word_at(std::uint64_t address) const noexcept {
    auto const* const file = address % sizeof(std::uint64_t) == 0 ? find(address) : nullptr;
    if (!file || file->where.end - address < sizeof(std::uint64_t)) return 0;
    std::uint64_t word = 0;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what is looked for are addresses
    std::memcpy(&word, reinterpret_cast<void const*>(address), sizeof word);
    return word;
  }

  [[nodiscard]] std::string_view name_at(std::uint64_t address) const noexcept {
    auto const* const file = find(address);
    if (!file || file->is_code) return {};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): as above
    auto const* const begin = reinterpret_cast<char const*>(address);
    auto const most = std::min<std::size_t>(file->where.end - address, longest_name);
    auto const* const end = static_cast<char const*>(std::memchr(begin, 0, most));
    std::string_view name{begin, end ? static_cast<std::size_t>(end - begin) : 0};
    if (name.starts_with('*')) name.remove_prefix(1);  // compared by address, not by its text
    auto const is_visible = [](char c) { return c > ' ' && c < 0x7f; };
    return std::all_of(name.begin(), name.end(), is_visible) ? name : std::string_view{};
  }

  std::uint32_t add_polymorphic(std::uint64_t table) noexcept {
    constexpr std::uint64_t word = sizeof(std::uint64_t);
    auto const info = word_at(table - word);
    auto const is_whole_object = word_at(table - 2 * word) == 0;
    if (info == 0 || !is_whole_object || !find(word_at(info))) return 0;
    auto const name = name_at(word_at(info + word));
    return name.empty() ? 0 : add(model::type_kind::polymorphic, table, name);
  }

  std::uint32_t add_coroutine(std::uint64_t resume, std::uint64_t destroy) noexcept {
    auto const* const file = find(destroy);
    return file && file->is_code ? add(model::type_kind::coroutine, resume, {}) : 0;
  }

  std::uint32_t add(model::type_kind kind, std::uint64_t address, std::string_view name) noexcept {
    struct {
      model::type_kind kind;
      std::uint32_t size;
      std::uint64_t address;
    } const head{kind, static_cast<std::uint32_t>(name.size()), address};
    types_.begin_record(sizeof head + name.size());
    types_.add(head);
    types_.add(name.data(), name.size());
    return ++count_;
  }

  std::vector<file_span> const& files_;
  std::span<slot> slots_;
  section_output types_;
  std::size_t used_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace loopscope::heap
