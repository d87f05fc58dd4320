#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <linux/sockios.h>
#include <memory>
#include <optional>
#include <sys/ioctl.h>
#include <utility>

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
    state_->unsent.reset();
    begin(limit);
  }

  /// They are cancelled once the peer has acknowledged nothing for `limit` of what was sent. A slow
  /// one may leave the kernel's buffer too full to be written to for minutes.
  void set_for_progress(std::chrono::milliseconds limit) {
    state_->unsent = unsent_bytes(*state_->socket);
    begin(limit);
  }

  /// Nothing expires until the next set().
  void clear() {
    state_->at = clock::time_point::max();
    state_->expired = false;
  }

  /// Whether it has passed. An operation that had just ended then was not cancelled: ask before
  /// the next one.
  [[nodiscard]] bool expired() const noexcept { return state_->expired; }

 private:
  using clock = boost::asio::steady_timer::clock_type;

  struct state {
    explicit state(boost::asio::ip::tcp::socket& s) : socket{&s}, timer{s.get_executor()} {}

    boost::asio::ip::tcp::socket* socket;
    boost::asio::steady_timer timer;
    clock::time_point at = clock::time_point::max();
    clock::duration limit{};
    std::optional<int> unsent;  // when progress was last seen, if that counts
    bool waiting = false;
    bool expired = false;
  };

  void begin(clock::duration limit) {
    state_->expired = false;
    state_->limit = limit;
    state_->at = clock::now() + limit;
    if (!state_->waiting || state_->at < state_->timer.expiry()) wait(state_);
  }

  // What the kernel has and the peer has not acknowledged. Source: tcp(7), SIOCOUTQ.
  static int unsent_bytes(boost::asio::ip::tcp::socket& socket) {
    int count = 0;
    return ioctl(socket.native_handle(), SIOCOUTQ, &count) == 0 ? count : 0;
  }

  // The handler may run after the session is gone, so it shares the state.
  static void wait(std::shared_ptr<state> const& shared) {
    shared->waiting = true;
    shared->timer.expires_at(shared->at);
    shared->timer.async_wait([shared](boost::system::error_code error) {
      if (error || !shared->socket) return;
      shared->waiting = false;
      if (shared->at == clock::time_point::max()) return;
      if (clock::now() < shared->at) return wait(shared);
      if (shared->unsent) {
        auto const before = std::exchange(*shared->unsent, unsent_bytes(*shared->socket));
        if (*shared->unsent < before) {
          shared->at = clock::now() + shared->limit;
          return wait(shared);
        }
      }
      shared->expired = true;
      shared->socket->cancel();
    });
  }

  std::shared_ptr<state> state_;
};

}  // namespace loopscope::http
