#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/heap/registered_root.hpp>
#include <loopscope/heap/snapshot.hpp>
#include <loopscope/model/heap_reach.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <coroutine>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace loopscope;

namespace {

struct animal {
  virtual ~animal() = default;
  std::uint64_t legs = 4;
};

// Blocks that a test says are there: the program itself is not tracked.
class tracked_blocks {
 public:
  tracked_blocks() { tracker_->blocks.open(); }
  ~tracked_blocks() { tracker_->blocks.close(); }

  template <class T>
  T& add(T& block, std::size_t size = sizeof(T)) {
    stack_ = tracker_->stacks.id_of(std::array<std::uint64_t, 1>{0x1234});
    tracker_->blocks.insert(reinterpret_cast<std::uintptr_t>(&block), size, stack_);
    return block;
  }
  heap::tracker& tracker() { return *tracker_; }

 private:
  std::unique_ptr<heap::tracker> tracker_ = std::make_unique<heap::tracker>();
  std::uint32_t stack_ = 0;
};

// A capture, taken and read.
class taken {
 public:
  explicit taken(heap::tracker& of) {
    auto const path = dir_ / "heap.raw";
    file_descriptor const file{open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    append(file.get(), beginning());
    heap::snapshot snapshot{of, file.get()};
    auto const child = snapshot.fork();
    REQUIRE(child > 0);
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    std::ostringstream tail;
    model::write_raw_heap_tail(tail, snapshot.description());
    append(file.get(), tail.str());
    bytes_ = test::read_file(path);
    heap_ = model::read_raw_heap(bytes_).value();
    model::for_each_record<model::raw_heap_node>(
        heap_->nodes, [this](auto const& each) { nodes.push_back(each); });
    model::for_each_record<model::raw_heap_edge>(
        heap_->edges, [this](auto const& each) { edges.push_back(each); });
    model::for_each_record<model::raw_heap_root>(
        heap_->roots, [this](auto const& each) { roots.push_back(each); });
  }

  // By size, which is different for every block of a test.
  [[nodiscard]] std::uint32_t index_of(std::uint64_t size) const {
    for (std::uint32_t i = 0; i < nodes.size(); ++i)
      if (nodes[i].size == size) return i;
    FAIL("no block of " << size << " bytes");
    return 0;
  }
  [[nodiscard]] bool has_edge(std::uint64_t from, std::uint64_t to, std::uint32_t word) const {
    model::raw_heap_edge const wanted{index_of(from), index_of(to), word};
    return std::find(edges.begin(), edges.end(), wanted) != edges.end();
  }
  [[nodiscard]] bool has_root(model::root_kind kind, std::uint64_t to) const {
    for (auto const& each : roots)
      if (each.kind == kind && each.to == index_of(to)) return true;
    return false;
  }
  [[nodiscard]] model::raw_heap const& heap() const { return heap_->heap; }
  [[nodiscard]] model::heap_reach reach() const { return model::reach_of(*heap_); }

  std::vector<model::raw_heap_node> nodes;
  std::vector<model::raw_heap_edge> edges;
  std::vector<model::raw_heap_root> roots;

 private:
  static std::string beginning() {
    std::ostringstream out;
    model::section_writer{out}.section(static_cast<std::uint32_t>(model::heap_tag::mark), {});
    return out.str();
  }
  static void append(int fd, std::string const& bytes) {
    REQUIRE(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }

  test::temp_dir dir_;
  std::string bytes_;
  std::optional<model::heap_sections> heap_;
};

// Hidden from the scan: nothing on a stack points to what is only known by it.
template <class T>
std::uintptr_t hidden(T* pointer) {
  return ~reinterpret_cast<std::uintptr_t>(pointer);
}

template <class T>
T* shown(std::uintptr_t pointer) {
  return reinterpret_cast<T*>(~pointer);  // NOLINT(performance-no-int-to-ptr): it was one
}

// Volatile: nothing reads it, so it could be left out.
std::uint64_t* volatile g_static = nullptr;

}  // namespace

TEST_CASE("A snapshot has the blocks, and the words that point to them", "[heap]") {
  tracked_blocks all;
  auto const from = std::make_unique<std::array<std::uint64_t, 10>>();
  auto const to = std::make_unique<std::array<std::uint64_t, 20>>();
  all.add(*from);
  all.add(*to);
  (*from)[3] = reinterpret_cast<std::uintptr_t>(to.get());
  (*to)[0] = reinterpret_cast<std::uintptr_t>(from->data() + 9);
  (*to)[5] = reinterpret_cast<std::uintptr_t>(from->data() + 10);  // its end

  taken const heap{all.tracker()};

  REQUIRE(heap.nodes.size() == 2);
  CHECK(heap.edges.size() == 2);
  CHECK(heap.has_edge(80, 160, 3));
  CHECK(heap.has_edge(160, 80, 0));
  CHECK(heap.heap().scan.live_bytes == 240);
  CHECK(heap.heap().scan.scanned_bytes == 240);
  CHECK(heap.nodes[0].stack == 1);
  CHECK(heap.heap().stacks.at(0).pcs == std::vector<std::uint64_t>{0x1234});
}

TEST_CASE("A snapshot tells what holds blocks from outside", "[heap]") {
  tracked_blocks all;
  auto const held = hidden(new std::array<std::uint64_t, 10>{});
  auto const lost = hidden(new std::array<std::uint64_t, 20>{});
  auto const by_static = hidden(new std::array<std::uint64_t, 30>{});
  all.add(*shown<std::array<std::uint64_t, 10>>(held));
  all.add(*shown<std::array<std::uint64_t, 20>>(lost));
  all.add(*shown<std::array<std::uint64_t, 30>>(by_static));
  std::uint64_t const container = reinterpret_cast<std::uintptr_t>(shown<void>(held));
  heap::registered_root const root{"Test.container", container};
  g_static = shown<std::uint64_t>(by_static);

  taken const heap{all.tracker()};
  g_static = nullptr;

  CHECK(heap.has_root(model::root_kind::registered, 80));
  CHECK(heap.has_root(model::root_kind::statics, 240));
  CHECK(heap.heap().registered_roots == std::vector<std::string>{"Test.container"});
  delete shown<std::array<std::uint64_t, 10>>(held);
  delete shown<std::array<std::uint64_t, 20>>(lost);
  delete shown<std::array<std::uint64_t, 30>>(by_static);
}

TEST_CASE("A snapshot tells the types of polymorphic objects", "[heap]") {
  tracked_blocks all;
  auto const one = std::make_unique<animal>();
  auto const other = std::make_unique<std::array<std::uint64_t, 10>>();
  all.add(*one);
  all.add(*other);
  (*other)[0] = 1;

  taken const heap{all.tracker()};

  auto const type = heap.nodes[heap.index_of(sizeof(animal))].type;
  REQUIRE(type == 1);
  CHECK(heap.heap().types.at(0).kind == model::type_kind::polymorphic);
  CHECK_THAT(heap.heap().types.at(0).name, Catch::Matchers::Contains("6animal"));
  CHECK(heap.nodes[heap.index_of(80)].type == 0);
}

TEST_CASE("A large block is scanned whole, from the live process", "[heap]") {
  tracked_blocks all;
  constexpr std::size_t words = 200'000;
  auto const targets = std::make_unique<std::vector<std::uint64_t>>(2 * words);
  auto const large = std::make_unique<std::vector<std::uint64_t>>(words);
  for (std::size_t i = 0; i < words; i += 2) {
    all.add((*targets)[2 * i], 8);
    (*large)[i] = reinterpret_cast<std::uintptr_t>(&(*targets)[2 * i]);
  }
  all.add(large->front(), words * 8);

  taken const heap{all.tracker()};

  CHECK(heap.edges.size() == words / 2);
  CHECK(heap.heap().scan.scanned_bytes == heap.heap().scan.live_bytes);
}

TEST_CASE("A block of a megabyte is where the border lies", "[heap]") {
  tracked_blocks all;
  auto const words =
      GENERATE((std::size_t{1} << 17) - 1, std::size_t{1} << 17, (std::size_t{1} << 17) + 1);
  CAPTURE(words);
  auto const large = std::make_unique<std::vector<std::uint64_t>>(words);
  auto const target = std::make_unique<std::uint64_t>();
  all.add(large->front(), words * 8);
  all.add(*target);
  large->front() = large->back() = (*large)[words / 2] =
      reinterpret_cast<std::uintptr_t>(target.get());

  taken const heap{all.tracker()};

  CHECK(heap.has_edge(words * 8, 8, 0));
  CHECK(heap.heap().scan.scanned_bytes == heap.heap().scan.live_bytes);
}

TEST_CASE("A fork that is refused leaves the table as it was", "[heap]") {
  tracked_blocks all;
  auto const block = std::make_unique<std::vector<std::uint64_t>>(1 << 18);
  all.add(block->front(), block->size() * 8);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NPROC, &before) == 0);
  if (geteuid() == 0) {
    SUCCEED("root may always fork");
    return;
  }
  rlimit const none{0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NPROC, &none) == 0);
  heap::snapshot snapshot{all.tracker(), -1};

  auto const child = snapshot.fork();
  auto const error = errno;
  setrlimit(RLIMIT_NPROC, &before);

  CHECK(child == -1);
  CHECK(error == EAGAIN);
  all.tracker().blocks.insert(16, 1, 1);
  CHECK(all.tracker().blocks.count().blocks == 2);
}

TEST_CASE("Threads take and free blocks while snapshots are taken", "[heap]") {
  tracked_blocks all;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.reserve(2);
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      auto& blocks = all.tracker().blocks;
      do {
        auto const block = std::make_unique<std::array<std::uint64_t, 16>>();
        auto const address = reinterpret_cast<std::uintptr_t>(block.get());
        blocks.insert(address, sizeof *block, 1);
        blocks.erase(address);
      } while (!stop);
    });
  file_descriptor const nowhere{open("/dev/null", O_WRONLY | O_CLOEXEC)};

  for (int i = 0; i < 3; ++i) {  // a fork takes seconds under a sanitizer; e2e.heap_hooks has more
    heap::snapshot snapshot{all.tracker(), nowhere.get()};
    auto const child = snapshot.fork();
    REQUIRE(child > 0);
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  stop = true;
  for (auto& each : threads) each.join();
}
