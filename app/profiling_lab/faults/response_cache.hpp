#pragma once

#include <profiling_lab/faults/fault.hpp>

#include <loopscope/heap/registered_root.hpp>

#include <string>
#include <unordered_map>
#include <vector>

namespace lab {

/// A cache of responses without a limit: by user and route, so that hardly anything is found in it.
class response_cache final : public fault {
 public:
  struct key {
    std::string user;
    std::string route;

    bool operator==(key const&) const = default;
  };
  struct cached_response {
    unsigned status;
    std::vector<std::string> fields;
    std::string body;
  };

  [[nodiscard]] fault_description const& description() const override;
  [[nodiscard]] std::size_t objects() const override { return entries_.size(); }
  void leak(std::size_t count) override;
  std::function<void()> clear() override;

 private:
  struct hash {
    std::size_t operator()(key const& of) const noexcept;
  };

  std::unordered_map<key, cached_response, hash> entries_;
  std::size_t next_user_ = 0;
  loopscope::heap::registered_root root_{"ResponseCache.entries", entries_};
};

}  // namespace lab
