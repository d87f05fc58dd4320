#pragma once

#include "support/live_server.hpp"

#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace loopscope::test {

/// A server with a thread of its own, for clients that block.
class serving_thread {
 public:
  explicit serving_thread(std::vector<http::route> table) : server_{std::move(table)} {}
  ~serving_thread() {
    server_.loop.stop();
    thread_.join();
  }
  serving_thread(serving_thread const&) = delete;
  serving_thread& operator=(serving_thread const&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_.server.endpoint().port(); }

 private:
  live_server server_;
  std::thread thread_{[this] { server_.loop.run(); }};
};

}  // namespace loopscope::test
