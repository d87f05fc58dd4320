#include <loopscope/unwind/map_publisher.hpp>

#include <algorithm>

namespace loopscope::unwind {

map_publisher::~map_publisher() {
  delete current_.load();
}

void map_publisher::add(map_reader& reader) {
  std::scoped_lock const lock{mutex_};
  readers_.push_back(&reader);
}

void map_publisher::remove(map_reader& reader) {
  std::scoped_lock const lock{mutex_};
  std::erase(readers_, &reader);
}

bool map_publisher::refresh(bool always) {
  std::scoped_lock const lock{mutex_};
  auto const* const old = current_.load(std::memory_order_relaxed);
  if (old && !always && unwind_map::current_generation() == old->made_at()) {
    reclaim_locked();
    return false;
  }
  auto next = unwind_map::make(old);
  retired_.reserve(retired_.size() + 1);  // nothing throws between the store and the record
  current_.store(next.release(), std::memory_order_seq_cst);
  if (old) retired_.emplace_back(old);
  reclaim_locked();
  return true;
}

std::size_t map_publisher::reclaim() {
  std::scoped_lock const lock{mutex_};
  return reclaim_locked();
}

std::size_t map_publisher::reclaim_locked() {
  std::erase_if(retired_, [this](auto const& map) {
    return std::none_of(readers_.begin(), readers_.end(), [&](auto const* reader) {
      return reader->held_.load(std::memory_order_seq_cst) == map.get();
    });
  });
  return retired_.size();
}

}  // namespace loopscope::unwind
