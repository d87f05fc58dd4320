#include "fuzz/responses.hpp"
#include "fuzz/watched_routes.hpp"

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/http/session_impl.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace loopscope;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;

constexpr char piece_end = '\xff';
constexpr std::size_t small_piece = 7;

// What all inputs share.
struct stage {
  boost::asio::io_context loop{1};
  logger log{STDERR_FILENO, log_level::error};
  http::guard guard{"/api/lab", "x-lab-token", true, secret{fuzz::token}};
  std::string sent;
  http::router router{fuzz::watched_routes(sent)};
  fuzz::recorded_exchanges seen;
  http::service patient{router, guard, seen, log, limits(10s), {"x-lab-instance", "instance-1"}};
  http::service hasty{router, guard, seen, log, limits(1ms), {"x-lab-instance", "instance-1"}};

  static http::limits limits(std::chrono::milliseconds time) {
    return {1, bytes(512), time, time, time, 10s};
  }
};

// A client and the session that serves it. Every step of the loop is counted: however many bytes
// come, each may cost only so many.
class visit {
 public:
  visit(stage& on, http::service const& by) : stage_{on} {
    std::array<int, 2> ends{};
    auto const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (socketpair(AF_UNIX, type, 0, ends.data()) != 0)
      throw std::system_error{errno, std::generic_category(), "socketpair"};
    client_ = file_descriptor{ends[0]};
    tcp::socket peer{on.loop};
    peer.assign(tcp::v4(), ends[1]);
    auto ended = [this](std::exception_ptr const& failure) {
      LOOPSCOPE_EXPECTS(!failure);
      ended_ = true;
    };
    boost::asio::co_spawn(on.loop, http::run_session(std::move(peer), by),
                          boost::asio::bind_cancellation_slot(shutdown_.slot(), ended));
    settle();
  }

  void send(std::string_view piece) {
    stage_.sent += piece;
    std::ignore = ::send(client_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);  // or it left
  }

  void finish() { ::shutdown(client_.get(), SHUT_WR); }
  void leave() { client_ = {}; }
  void shut_down() { shutdown_.emit(boost::asio::cancellation_type::total); }

  // Lets everything happen that can without the outside world.
  void settle() {
    do {
      stage_.loop.restart();
      count_steps(stage_.loop.poll());
    } while (receive());
  }

  // Until a deadline makes the session end, or say that nothing more comes.
  void wait() {
    while (!ended_ && !received_all_) {
      stage_.loop.restart();
      auto const steps = stage_.loop.run_one_for(4s);
      LOOPSCOPE_EXPECTS(steps > 0);
      count_steps(steps);
      while (receive()) continue;
    }
  }

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::string const& received() const { return received_; }

 private:
  bool receive() {
    std::array<char, 4096> piece{};
    auto const got = recv(client_.get(), piece.data(), piece.size(), 0);
    received_all_ = received_all_ || got == 0;
    if (got > 0) received_.append(piece.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  void count_steps(std::size_t more) {
    steps_ += more;
    LOOPSCOPE_EXPECTS(steps_ < 200 + 20 * stage_.sent.size());
  }

  stage& stage_;
  boost::asio::cancellation_signal shutdown_;
  file_descriptor client_;
  std::string received_;
  std::size_t steps_ = 0;
  bool ended_ = false;
  bool received_all_ = false;
};

// The session reads each piece before the next comes.
void send_all(visit& to, std::string_view text, bool small_pieces) {
  while (true) {
    auto const length = small_pieces ? small_piece : text.find(piece_end);
    auto const piece = text.substr(0, length);
    to.send(piece);
    text.remove_prefix(std::min(text.size(), piece.size() + (small_pieces ? 0 : 1)));
    if (text.empty()) return;
    to.settle();
  }
}

// The exchanges that a session reports of a client that sends `text` and ends in the given way.
std::vector<fuzz::recorded_exchange> exchanges_of(stage& on, char end, std::string_view text,
                                                  bool small) {
  on.sent.clear();
  on.seen.all.clear();
  visit one{on, end == 's' ? on.hasty : on.patient};
  send_all(one, text, small);
  if (end == 'l') one.leave();
  if (end == 'q') one.shut_down();
  one.settle();
  if (end == 's') one.wait();
  if (end != 'l') one.finish();
  one.settle();

  LOOPSCOPE_EXPECTS(one.ended());
  fuzz::check_responses(one.received(), on.seen.all, end == 'l');
  fuzz::check_order(on.sent, on.seen.all);
  return std::move(on.seen.all);
}

}  // namespace

// How the client ends: `h` says that nothing more comes, `l` leaves, `s` stays silent until its
// time is up, `q` lives to see the server's shutdown. Then what it sends, in pieces that end with
// 0xFF, or for a capital letter in small ones.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static stage shared;
  if (size == 0) return 0;
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  auto const end = static_cast<char>(text[0] | 0x20);
  auto const small = end != text[0];

  auto const recorded = exchanges_of(shared, end, text.substr(1), small);
  if (end != 'h') return 0;
  // A client that has all the time gets the same responses when all comes at once.
  auto const whole = shared.sent;
  if (whole.find(piece_end) == std::string::npos)
    LOOPSCOPE_EXPECTS(fuzz::same(exchanges_of(shared, end, whole, false), recorded));
  return 0;
}
