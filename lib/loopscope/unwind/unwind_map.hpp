#pragma once

#include <loopscope/unwind/address_range.hpp>
#include <loopscope/unwind/unwind_table.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loopscope::unwind {

/// A loaded object and its unwind table.
struct mapped_object {
  address_range text;
  std::string name;               ///< as the dynamic linker has it: empty for the executable
  std::uintptr_t base = 0;        ///< what its addresses in the file are relative to
  std::uintptr_t header = 0;      ///< .eh_frame_hdr; 0 if there is none
  std::uint64_t header_hash = 0;  ///< tells a library from another at the same address
  std::shared_ptr<unwind_table const> table;
};

/// What is known of the code of this process at one time.
/// \thread immutable; `object_at` is async-signal-safe
class unwind_map {
 public:
  /// How often the dynamic linker had loaded and unloaded when the map was made.
  struct generation {
    std::uint64_t loads = 0;
    std::uint64_t unloads = 0;

    bool operator==(generation const&) const = default;
  };

  /// Reads every loaded object, or takes its table over from `previous` if it is still there. Holds
  /// the dynamic linker's lock while it copies the sections of new objects, not while it parses
  /// them.
  /// \param previous  null: nothing to take over.
  /// \throws  bad_alloc
  static std::unique_ptr<unwind_map const> make(unwind_map const* previous);

  /// That of a map made now: costs the dynamic linker's lock, not a scan.
  static generation current_generation();

  ~unwind_map();
  unwind_map(unwind_map const&) = delete;
  unwind_map& operator=(unwind_map const&) = delete;

  /// The object whose text holds the address.
  /// \return  null if it is in no known object.
  [[nodiscard]] mapped_object const* object_at(std::uintptr_t address) const noexcept {
    std::size_t low = 0;
    std::size_t size = objects_.size();
    while (size > 0) {  // the last one that begins at or before the address
      auto const half = size / 2;
      if (objects_[low + half].text.begin <= address) {
        low += half + 1;
        size -= half + 1;
      } else {
        size = half;
      }
    }
    if (low == 0 || !objects_[low - 1].text.holds(address)) return nullptr;
    return &objects_[low - 1];
  }

  [[nodiscard]] generation made_at() const noexcept { return made_at_; }

  /// Sorted by text.
  [[nodiscard]] std::vector<mapped_object> const& objects() const noexcept { return objects_; }

  /// Bytes on the heap, tables that it shares with other maps included.
  [[nodiscard]] std::size_t memory() const noexcept;

 private:
  unwind_map() = default;

  std::vector<mapped_object> objects_;
  generation made_at_;
};

}  // namespace loopscope::unwind
