#include <loopscope/heap/sampling.hpp>

#ifdef LOOPSCOPE_WITH_GPERFTOOLS

#include <gperftools/malloc_extension.h>
#include <gperftools/tcmalloc.h>

#include <atomic>
#include <cstdint>
#include <memory>

// gperftools' flag. Its declaration is not installed, and releases from 2.15 on hide it.
// NOLINTNEXTLINE(bugprone-reserved-identifier): theirs
namespace FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead {
// NOLINTNEXTLINE(readability-identifier-naming): theirs
extern __attribute__((weak)) std::int64_t FLAGS_tcmalloc_sample_parameter;
}  // namespace FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead

namespace loopscope::heap {

namespace {

std::int64_t* sample_parameter() noexcept {
  return &FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead::
      FLAGS_tcmalloc_sample_parameter;
}

// As `MallocExtension::ReadStackTraces` returns them: {count, size, depth, pcs...}..., 0. Made for
// its own library's use, it is protected.
struct stack_reader : MallocExtension {
  using MallocExtension::ReadStackTraces;
};

}  // namespace

bool sampling_is_available() noexcept {
  return sample_parameter() != nullptr;
}

void sample_allocations(bool on) noexcept {
  if (!sampling_is_available()) return;
  // tcmalloc reads it without a lock.
  std::atomic_ref{*sample_parameter()}.store(on ? std::int64_t{sampling_period} : 0,
                                             std::memory_order_relaxed);
  if (!on) return;
  // A thread without sampling looks at the parameter again when it has allocated this much.
  constexpr std::size_t much = std::size_t{16} << 20;
  constexpr std::size_t piece = std::size_t{256} << 10;
  for (std::size_t bytes = 0; bytes <= much; bytes += piece) tc_free(tc_malloc(piece));
}

allocation_samples sampled_blocks() {
  allocation_samples all;
  int period = 0;
  auto const read = &stack_reader::ReadStackTraces;
  std::unique_ptr<void* []> const table { (MallocExtension::instance()->*read)(&period) };
  if (!table) return all;
  all.period = static_cast<std::uint64_t>(period);
  auto const word = [&](std::size_t at) { return reinterpret_cast<std::uintptr_t>(table[at]); };
  for (std::size_t at = 0; word(at) != 0;) {
    auto const count = word(at);
    auto const depth = word(at + 2);
    sampled_block one{word(at + 1), {}};
    for (std::size_t i = 0; i < depth; ++i) one.pcs.push_back(word(at + 3 + i));
    all.blocks.insert(all.blocks.end(), count, one);
    at += 3 + depth;
  }
  return all;
}

std::string gperftools_heap_profile() {
  if (!sampling_is_available()) return {};
  std::string profile;
  MallocExtension::instance()->GetHeapSample(&profile);
  return profile;
}

}  // namespace loopscope::heap

#else

namespace loopscope::heap {

bool sampling_is_available() noexcept {
  return false;
}

void sample_allocations(bool) noexcept {}

allocation_samples sampled_blocks() {
  return {};
}

std::string gperftools_heap_profile() {
  return {};
}

}  // namespace loopscope::heap

#endif
