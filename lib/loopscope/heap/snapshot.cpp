#include <loopscope/base/hex.hpp>
#include <loopscope/base/read_file.hpp>
#include <loopscope/base/signal_block.hpp>
#include <loopscope/heap/registered_root.hpp>
#include <loopscope/heap/sampling.hpp>
#include <loopscope/heap/scan_impl.hpp>
#include <loopscope/heap/snapshot.hpp>
#include <loopscope/model/memory_map.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <link.h>
#include <span>
#include <string_view>
#include <sys/mman.h>
#include <tuple>
#include <unistd.h>

namespace loopscope::heap {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t large_size = std::uint64_t{1} << 20;
constexpr std::uint64_t page_size = 4096;
constexpr std::size_t most_data_segments = 16'384;

std::uint64_t unix_ns() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

std::string const& own_process() {
  static std::string const random = random_hex(16);
  return random;
}

// The pages that lie wholly in a block.
address_range pages_of(live_block const& block) noexcept {
  return {(block.address + page_size - 1) / page_size * page_size,
          (block.address + block.size) / page_size * page_size};
}

void advise(address_range where, int advice) noexcept {
  // A mapping that cannot be split is forked: it only takes longer.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): tables hold addresses
  std::ignore = madvise(reinterpret_cast<void*>(where.begin), where.end - where.begin, advice);
}

// The writable data of loaded objects, zeroed data included. That of tcmalloc has pointers to what
// it gave away, and does not hold it. Nothing is allocated: the linker's lock is held.
int add_data(dl_phdr_info* object, std::size_t, void* list) {
  if (std::string_view{object->dlpi_name}.find("/libtcmalloc") != std::string_view::npos) return 0;
  for (auto const& each : std::span{object->dlpi_phdr, object->dlpi_phnum}) {
    if (each.p_type != PT_LOAD || (each.p_flags & PF_W) == 0) continue;
    auto const begin = object->dlpi_addr + each.p_vaddr;
    static_cast<page_list<address_range>*>(list)->push_back({begin, begin + each.p_memsz});
  }
  return 0;
}

std::vector<model::raw_heap_stack> stacks_of(stack_table& stacks) {
  std::vector<model::raw_heap_stack> all;
  auto const count = stacks.size();
  all.reserve(count);
  for (std::uint32_t id = 1; id <= count; ++id) {
    auto const each = stacks.at(id);
    all.push_back({each.objects, each.bytes, {each.pcs.begin(), each.pcs.end()}});
  }
  return all;
}

}  // namespace

snapshot::snapshot(tracker& of, int output)
    : of_{of},
      memory_{open("/proc/self/mem", O_RDONLY | O_CLOEXEC)},
      input_{std::make_unique<scan_input>()},
      large_{std::make_unique<page_list<live_block>>(most_large_blocks)} {
  input_->blocks = &of_.blocks;
  input_->output = output;
  input_->live_memory = memory_.get();
  for (auto const& root : registered_root::all()) {
    auto const number = static_cast<std::uint32_t>(registered_roots_.size());
    input_->roots.push_back({model::root_kind::registered, number, root.where});
    registered_roots_.push_back(root.name);
  }
  add_files();
  add_statics();
  add_threads(__builtin_frame_address(0));
  of_.blocks.begin_ids([this](live_block const& each) {
    if (each.size >= large_size) large_->push_back(each);
  });
}

snapshot::~snapshot() {
  of_.blocks.end_ids();
}

void snapshot::add_files() {
  auto const maps = model::parse_maps(read_file_or_nothing("/proc/self/maps"));
  if (!maps) return;
  for (auto const& each : *maps)
    if (each.path.starts_with('/') && each.readable && !each.writable)
      input_->files.push_back({{each.start, each.end}, each.executable});
}

void snapshot::add_statics() {
  page_list<address_range> data{most_data_segments};
  dl_iterate_phdr(add_data, &data);
  for (auto const& each : data) input_->roots.push_back({model::root_kind::statics, 0, each});
}

void snapshot::add_threads(void const* own_frame) {
  for (auto const& each : thread_ranges(of_.threads, own_frame)) {
    auto const number = static_cast<std::uint32_t>(threads_.size());
    input_->roots.push_back({model::root_kind::stack, number, each.stack});
    if (each.locals.size() > 0)
      input_->roots.push_back({model::root_kind::stack, number, each.locals});
    threads_.push_back("thread " + std::to_string(each.thread) + " " + each.name);
  }
}

// Those that are there still. Between lock_all() and unlock_all(): it allocates nothing.
void snapshot::leave_out_large_blocks() noexcept {
  for (auto const& each : *large_) {
    auto const now = of_.blocks.find_locked(each.address);
    if (now.address == 0 || now.id != each.id || memory_.get() < 0) continue;
    auto const pages = pages_of(now);
    if (pages.begin >= pages.end) continue;
    advise(pages, MADV_DONTFORK);
    input_->not_forked.push_back(pages);
  }
  std::sort(input_->not_forked.begin(), input_->not_forked.end(),
            [](address_range const& a, address_range const& b) { return a.begin < b.begin; });
}

pid_t snapshot::fork() noexcept {
  signal_block const no_signals;
  auto const start = clock::now();
  of_.blocks.lock_all();
  leave_out_large_blocks();
  // Without the handlers of pthread_atfork: the child takes no lock, and there is no time.
  auto const child = _Fork();
  if (child == 0) scan_and_exit(*input_);
  auto const error = errno;
  for (auto const& each : input_->not_forked) advise(each, MADV_DOFORK);
  of_.blocks.unlock_all();
  pause_ = clock::now() - start;
  totals_ = of_.blocks.count();
  of_.blocks.end_ids();
  errno = error;
  return child;
}

model::raw_heap snapshot::description() {
  model::raw_heap heap;
  heap.taken_unix_ns = unix_ns();
  heap.process = own_process();
  heap.image = model::own_image();
  heap.registered_roots = registered_roots_;
  heap.threads = threads_;
  heap.stacks = stacks_of(of_.stacks);
  heap.gperftools = gperftools_heap_profile();
  return heap;
}

byte_count snapshot_memory(live_table::totals const& totals) noexcept {
  constexpr std::uint64_t index = 16;  // of the pages, of blocks of a typical size
  return bytes(totals.blocks * (sizeof(live_block) + index)) + mebibytes(8);
}

model::raw_heap sampled_heap(tracker& of) {
  model::raw_heap heap;
  heap.taken_unix_ns = unix_ns();
  heap.process = own_process();
  heap.sampled = true;
  auto const samples = sampled_blocks();
  // If sampling has been switched off since, it was by us.
  heap.period = samples.period != 0 ? samples.period : sampling_period;
  for (auto const& each : samples.blocks) {
    // One of no bytes may be sampled too.
    auto const size = static_cast<double>(std::max<std::uint64_t>(each.size, 1));
    // The likelihood that an allocation of this size is sampled.
    auto const share = -std::expm1(-size / static_cast<double>(heap.period));
    heap.samples.push_back({of.stacks.id_of(each.pcs), 0, each.size, 1 / share});
  }
  heap.image = model::own_image();
  heap.stacks = stacks_of(of.stacks);
  heap.gperftools = gperftools_heap_profile();
  return heap;
}

}  // namespace loopscope::heap
