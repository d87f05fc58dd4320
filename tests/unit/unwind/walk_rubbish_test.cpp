#include "support/catch.hpp"

#include <loopscope/unwind/eh_frame.hpp>
#include <loopscope/unwind/table_walker.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <link.h>
#include <random>
#include <span>
#include <sys/mman.h>
#include <vector>

using namespace loopscope;
using unwind::address_range;

namespace {

constexpr std::size_t page = 4096;

/// The start of .eh_frame of an object of this process.
struct section {
  std::vector<std::byte> bytes;
  std::uintptr_t address = 0;
  address_range text;
};

// The address up to which the segment that holds an address is mapped.
std::uintptr_t segment_end(std::uintptr_t address) {
  address_range segment{address, address};
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* out) {
        auto& wanted = *static_cast<address_range*>(out);
        for (auto const& header : std::span{object->dlpi_phdr, object->dlpi_phnum}) {
          auto const begin = object->dlpi_addr + header.p_vaddr;
          address_range const mapped{begin, begin + header.p_filesz};
          if (header.p_type == PT_LOAD && mapped.holds(wanted.begin)) wanted.end = mapped.end;
        }
        return 0;
      },
      &segment);
  return segment.end;
}

std::vector<section> sections(unwind::unwind_map const& map) {
  std::vector<section> found;
  for (auto const& object : map.objects()) {
    if (object.header == 0 || segment_end(object.header) == object.header) continue;
    // The header's second word leads to the section; linkers write it as pcrel | sdata4.
    std::int32_t distance = 0;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): mapped as long as its object is
    std::memcpy(&distance, reinterpret_cast<std::byte const*>(object.header + 4), sizeof distance);
    auto const address = object.header + 4 + static_cast<std::uintptr_t>(std::intptr_t{distance});
    auto const size = std::min(segment_end(object.header) - address, std::size_t{6000});
    // NOLINTNEXTLINE(performance-no-int-to-ptr): as above
    auto const* const begin = reinterpret_cast<std::byte const*>(address);
    found.push_back({{begin, begin + size}, address, object.text});
  }
  return found;
}

/// A stack between two pages that must not be touched.
class guarded_stack {
 public:
  guarded_stack() {
    void* const area =
        mmap(nullptr, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(area != MAP_FAILED);
    area_ = static_cast<std::byte*>(area);
    REQUIRE(mprotect(area_ + page, size, PROT_READ | PROT_WRITE) == 0);
  }
  ~guarded_stack() { munmap(area_, size + 2 * page); }
  guarded_stack(guarded_stack const&) = delete;
  guarded_stack& operator=(guarded_stack const&) = delete;

  [[nodiscard]] address_range range() const {
    auto const begin = reinterpret_cast<std::uintptr_t>(area_) + page;
    return {begin, begin + size};
  }
  [[nodiscard]] std::span<std::uint64_t> words() {
    return {reinterpret_cast<std::uint64_t*>(area_ + page), size / sizeof(std::uint64_t)};
  }

 private:
  static constexpr std::size_t size = 16 * page;
  std::byte* area_ = nullptr;
};

/// Values that a walk may find in a register or on a stack.
class rubbish {
 public:
  rubbish(unwind::unwind_map const& map, address_range stack) : map_{map}, stack_{stack} {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::uint64_t code() {
    auto const& object = map_.objects()[below(map_.objects().size())];
    return object.text.begin + below(object.text.size());
  }
  std::uint64_t stack_address() {
    return (stack_.begin + below(stack_.size())) & ~std::uint64_t{7};
  }
  std::uint64_t any() {
    switch (below(5)) {
      case 0:
        return random_();
      case 1:
        return stack_.begin + below(stack_.size());
      case 2:
        return stack_address();
      case 3:
        return below(page);
      default:
        return code();
    }
  }
  ucontext_t registers() {
    ucontext_t context{};
    for (auto& value : context.uc_mcontext.gregs) value = static_cast<greg_t>(any());
    if (below(8) != 0) context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(code());
    if (below(4) != 0) context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(stack_address());
    return context;
  }

 private:
  unwind::unwind_map const& map_;
  address_range stack_;
  std::mt19937_64 random_{42};
};

void mutate(std::vector<std::byte>& bytes, rubbish& random) {
  for (auto changes = 1 + random.below(12); changes > 0; --changes)
    bytes[random.below(bytes.size())] =
        random.below(3) == 0 ? std::byte{0xff} : static_cast<std::byte>(random.below(256));
  if (random.below(4) == 0) bytes.resize(random.below(bytes.size()));
}

}  // namespace

TEST_CASE("A damaged .eh_frame gives some table with sorted rows", "[unwind]") {
  auto const map = unwind::unwind_map::make(nullptr);
  auto const originals = sections(*map);
  REQUIRE(originals.size() > 3);
  rubbish random{*map, {page, 2 * page}};

  std::size_t rows = 0;
  std::size_t unsorted = 0;
  std::size_t missing = 0;
  for (int round = 0; round < 400; ++round) {
    auto [bytes, place, text] = originals[random.below(originals.size())];
    mutate(bytes, random);
    auto const address = random.below(8) == 0 ? ~std::uintptr_t{0} - 8 : place;
    auto const table = unwind::parse_eh_frame(bytes, address, text);
    auto const found = table.rows();
    rows += found.size();
    if (!std::is_sorted(found.begin(), found.end(),
                        [](auto const& a, auto const& b) { return a.begin <= b.begin; }))
      ++unsorted;
    if (!found.empty() &&
        table.find(static_cast<std::uint32_t>(random.below(text.size()))) == nullptr)
      ++missing;
  }

  CHECK(rows > 10'000);  // it was read, not refused as a whole
  CHECK(unsorted == 0);
  CHECK(missing == 0);
}

TEST_CASE("A walk from rubbish ends without a fault, within its room", "[unwind]") {
  auto const map = unwind::unwind_map::make(nullptr);
  guarded_stack stack;
  rubbish random{*map, stack.range()};
  std::array<unwind::stack_frame, 128> frames;

  std::size_t deep = 0;
  std::size_t too_deep = 0;
  for (int round = 0; round < 20'000; ++round) {
    if (round % 1000 == 0)
      for (auto& word : stack.words()) word = random.below(2) == 0 ? random.code() : random.any();
    auto const context = random.registers();
    auto const known = random.below(2) == 0 ? stack.range() : address_range{};
    auto const result = unwind::walk_stack(*map, known, context, frames);
    if (result.depth > 1) ++deep;
    if (result.depth > frames.size()) ++too_deep;
  }

  CHECK(deep > 1000);  // rubbish led on, or this tested nothing
  CHECK(too_deep == 0);
}
