#include <loopscope/heap/block_index_impl.hpp>
#include <loopscope/heap/child_memory_impl.hpp>
#include <loopscope/heap/fault_guard_impl.hpp>
#include <loopscope/heap/pointer_filter_impl.hpp>
#include <loopscope/heap/scan_impl.hpp>
#include <loopscope/heap/type_finder_impl.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <tuple>
#include <unistd.h>

// A conservative scan reads whatever lies in memory, also what a sanitizer has marked.
#define LOOPSCOPE_READS_ANYTHING __attribute__((no_sanitize("address", "thread", "undefined")))

namespace loopscope::heap {

namespace {

constexpr std::uint64_t word_size = sizeof(std::uint64_t);
constexpr std::uint64_t page_size = 4096;
constexpr std::size_t piece_size = std::size_t{1} << 20;

LOOPSCOPE_READS_ANYTHING std::uint64_t load(std::uint64_t address) noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): tables hold addresses
  return *reinterpret_cast<std::uint64_t const volatile*>(address);
}

class scanner {
 public:
  explicit scanner(scan_input const& input) noexcept
      : input_{input},
        blocks_{sorted_blocks()},
        index_{blocks_},
        piece_{child_array<std::uint64_t>(piece_size / word_size)} {
    own_memory_ = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  }

  void run() noexcept {
    write_nodes();
    write_edges();
    write_roots();
    section_output figures{input_.output, model::heap_tag::scan};
    figures.add(figures_);
  }

 private:
  std::span<live_block> sorted_blocks() const noexcept {
    auto const all = child_array<live_block>(input_.blocks->blocks_locked());
    auto to = all.begin();
    for (std::size_t i = 0; i < live_table::shard_count; ++i)
      for (auto const& each : input_.blocks->slots_locked(i))
        if (each.address != 0) *to++ = each;
    std::sort(all.begin(), all.end(),
              [](live_block const& a, live_block const& b) { return a.address < b.address; });
    return all;
  }

  // Pages of it are not in this process.
  [[nodiscard]] bool is_elsewhere(live_block const& block) const noexcept {
    auto const& all = input_.not_forked;
    auto const next = std::lower_bound(
        all.begin(), all.end(), block.address + block.size,
        [](address_range const& each, std::uint64_t value) { return each.begin < value; });
    return next != all.begin() && std::prev(next)->end > block.address;
  }

  // What such a root holds it holds alone, wherever its object lies: else nothing would hang under
  // its name alone.
  [[nodiscard]] bool is_registered(std::uint64_t address) const noexcept {
    for (auto const& each : input_.roots) {
      if (each.kind != model::root_kind::registered) break;  // they come first
      if (each.where.holds(address)) return true;
    }
    return false;
  }

  void write_nodes() noexcept {
    section_output nodes{input_.output, model::heap_tag::nodes};
    type_finder types{input_.files, input_.output};
    for (auto const& each : blocks_) {
      figures_.live_bytes += each.size;
      auto const has_words = each.size >= 2 * word_size && each.address % word_size == 0;
      std::uint32_t type = 0;
      auto const find_type = [&] {
        type = types.of(load(each.address), load(each.address + word_size));
      };
      if (has_words && !is_elsewhere(each) && !guard_.survives(find_type)) type = 0;
      nodes.add(model::raw_heap_node{each.size, each.id, each.stack, type, 0});
    }
  }

  void write_edges() noexcept {
    section_output edges{input_.output, model::heap_tag::edges};
    pointer_filter filter{index_, blocks_};
    for (std::uint32_t from = 0; from < blocks_.size(); ++from) {
      auto const& block = blocks_[from];
      auto const begin = (block.address + word_size - 1) / word_size * word_size;
      filter.begin_object();
      auto const tell = [&](std::uint64_t address, std::uint32_t to) {
        if (to == from || is_registered(address)) return;
        auto const offset = (address - block.address) / word_size;
        edges.add(model::raw_heap_edge{from, to, static_cast<std::uint32_t>(offset)});
        ++figures_.edges;
      };
      auto const take = [&](std::uint64_t address, std::uint64_t word) {
        filter.take(address, word, tell);
      };
      address_range const where{begin, std::max(begin, block.address + block.size)};
      if (is_elsewhere(block))
        figures_.scanned_bytes += read_words(input_.live_memory, where, take);
      else if (can_read(where))
        figures_.scanned_bytes += look_at_words(where, take);
      else
        figures_.scanned_bytes += read_words(own_memory_, where, take);
      filter.end_object(tell);
    }
  }

  void write_roots() noexcept {
    section_output roots{input_.output, model::heap_tag::roots};
    pointer_filter filter{index_, blocks_};
    for (auto const& root : input_.roots) {
      filter.begin_object();
      address_range const where{(root.where.begin + word_size - 1) / word_size * word_size,
                                root.where.end};
      auto const tell = [&](std::uint64_t at, std::uint32_t to) {
        auto const is_own = root.kind == model::root_kind::registered;
        if (!is_own && is_registered(at)) return;
        roots.add(model::raw_heap_root{root.kind, root.holder, at, to, 0});
        ++figures_.roots;
      };
      auto const take = [&](std::uint64_t at, std::uint64_t word) { filter.take(at, word, tell); };
      // Through a file: what was mapped when the list was made may be gone.
      if (own_memory_ >= 0)
        read_words(own_memory_, where, take);
      else if (can_read(where))
        look_at_words(where, take);
      filter.end_object(tell);
    }
  }

  [[nodiscard]] bool can_read(address_range where) const noexcept {
    return guard_.survives([where] {
      for (auto at = where.begin; at < where.end; at = (at / page_size + 1) * page_size)
        std::ignore = load(at / word_size * word_size);
    });
  }

  // \return how many bytes there were.
  template <class Take>  // Take: (address, word) -> void
  static std::uint64_t look_at_words(address_range where, Take take) noexcept {
    for (auto at = where.begin; at + word_size <= where.end; at += word_size) take(at, load(at));
    return where.end - where.begin;
  }

  // The same through a file of a process' memory; pages that are not there are left out.
  template <class Take>
  std::uint64_t read_words(int memory, address_range where, Take take) noexcept {
    std::uint64_t bytes = 0;
    for (auto at = where.begin; memory >= 0 && at + word_size <= where.end;) {
      auto const wanted = std::min<std::uint64_t>(piece_size, where.end - at);
      auto const got = pread(memory, piece_.data(), wanted, static_cast<off_t>(at));
      auto const words = got > 0 ? static_cast<std::uint64_t>(got) / word_size : 0;
      for (std::size_t i = 0; i < words; ++i) take(at + i * word_size, piece_[i]);
      bytes += words * word_size;
      at = words > 0 ? at + words * word_size : (at / page_size + 1) * page_size;
    }
    return bytes;
  }

  scan_input const& input_;
  fault_guard guard_;
  std::span<live_block> blocks_;
  block_index index_;
  std::span<std::uint64_t> piece_;
  int own_memory_ = -1;
  model::raw_heap_scan figures_;
};

// If memory runs out, the kernel should end this process, and not the service.
void become_expendable() noexcept {
  constexpr int niceness = 10;
  std::ignore = setpriority(PRIO_PROCESS, 0, niceness);
  std::ignore = prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto const fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  constexpr std::string_view most = "1000";
  if (fd >= 0) std::ignore = write(fd, most.data(), most.size());
  close(fd);
}

// A client's connection must not stay open because this process has it too.
void close_all_but(int first, int second) noexcept {
  auto const low = static_cast<unsigned>(std::max(0, std::min(first, second)));
  auto const high = static_cast<unsigned>(std::max(first, second));
  auto const close_some = [](unsigned from, unsigned to) {
    if (from <= to) syscall(SYS_close_range, from, to, 0);
  };
  constexpr unsigned standard = 3;  // descriptors that stay
  if (low > standard) close_some(standard, low - 1);
  if (high > low + 1) close_some(std::max(standard, low + 1), high - 1);
  close_some(std::max(standard, high + 1), ~0U);
}

}  // namespace

void scan_and_exit(scan_input const& input) noexcept {
  close_all_but(input.output, input.live_memory);
  become_expendable();
  scanner{input}.run();
  _exit(0);
}

}  // namespace loopscope::heap
