#pragma once

#include <profiling_lab/faults/fault.hpp>

#include <loopscope/heap/registered_root.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace lab {

/// Requests that are kept for debugging, each with the whole buffer that it was read into.
class request_log final : public fault {
 public:
  struct logged_request {
    std::string route;
    std::vector<std::byte> buffer;
  };

  [[nodiscard]] fault_description const& description() const override;
  [[nodiscard]] std::size_t objects() const override { return requests_.size(); }
  void leak(std::size_t count) override;
  std::function<void()> clear() override;

 private:
  std::vector<logged_request> requests_;
  loopscope::heap::registered_root root_{"RequestLog.requests", requests_};
};

}  // namespace lab
