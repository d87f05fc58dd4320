#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace loopscope::http {

/// Cancels a socket's operations when a moment has passed.
///
/// Setting it costs a clock reading: one timer wait is under way and is re-armed only when it
/// fires early or the new moment is nearer, not for every operation.
/// \thread loop
class deadline {
 public:
  explicit deadline(boost::asio::ip::tcp::socket& socket)
      : state_{std::make_shared<state>(socket)} {}
  ~deadline() {
    state_->socket = nullptr;
    state_->timer.cancel();
  }
  deadline(deadline const&) = delete;
  deadline& operator=(deadline const&) = delete;

  /// The socket's operations are cancelled once `limit` from now has passed.
  void set(std::chrono::milliseconds limit) {
    state_->at = clock::now() + limit;
    if (!state_->waiting || state_->at < state_->timer.expiry()) wait(state_);
  }

  /// Nothing expires until the next set().
  void clear() { state_->at = clock::time_point::max(); }

  [[nodiscard]] bool expired() const noexcept { return state_->expired; }

 private:
  using clock = boost::asio::steady_timer::clock_type;

  struct state {
    explicit state(boost::asio::ip::tcp::socket& s) : socket{&s}, timer{s.get_executor()} {}

    boost::asio::ip::tcp::socket* socket;
    boost::asio::steady_timer timer;
    clock::time_point at = clock::time_point::max();
    bool waiting = false;
    bool expired = false;
  };

  // The handler may run after the session is gone, so it shares the state.
  static void wait(std::shared_ptr<state> const& shared) {
    shared->waiting = true;
    shared->timer.expires_at(shared->at);
    shared->timer.async_wait([shared](boost::system::error_code error) {
      if (error || !shared->socket) return;
      shared->waiting = false;
      if (shared->at == clock::time_point::max()) return;
      if (clock::now() < shared->at) return wait(shared);
      shared->expired = true;
      shared->socket->cancel();
    });
  }

  std::shared_ptr<state> state_;
};

}  // namespace loopscope::http
