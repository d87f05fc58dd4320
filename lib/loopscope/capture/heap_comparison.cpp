#include <loopscope/base/capture_formats.hpp>
#include <loopscope/capture/child_end_impl.hpp>
#include <loopscope/capture/heap_comparison.hpp>
#include <loopscope/process/child.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <chrono>
#include <optional>
#include <sys/mman.h>
#include <system_error>
#include <utility>
#include <vector>

namespace loopscope::capture {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds limit{120};

// For the time of a comparison.
class turn {
 public:
  explicit turn(bool& taken) : taken_{taken} { taken_ = true; }
  ~turn() { taken_ = false; }
  turn(turn const&) = delete;
  turn& operator=(turn const&) = delete;

 private:
  bool& taken_;
};

}  // namespace

heap_comparison::heap_comparison(asio::any_io_executor control, heap_comparer& by, files of)
    : control_{std::move(control)}, by_{by}, of_{std::move(of)} {}

asio::awaitable<result<file_descriptor>> heap_comparison::run() {
  if (is_cancelled_) co_return errc::cancelled;
  if (by_.is_running) co_return errc::busy;
  turn const own{by_.is_running};
  file_descriptor output{memfd_create("heap-diff", MFD_CLOEXEC)};
  if (!output) throw std::system_error{errno, std::generic_category(), "memfd_create"};
  auto const slot = cancellation_.slot();
  auto const written = co_await asio::co_spawn(
      control_, write_to(output.get()), asio::bind_cancellation_slot(slot, asio::use_awaitable));
  if (!written) co_return written.error();
  co_return output;
}

void heap_comparison::cancel() {
  is_cancelled_ = true;
  cancellation_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<result<void>> heap_comparison::write_to(int output) {
  std::vector<std::string> arguments{"heap", "diff", of_.from.string(), of_.to.string()};
  if (of_.folded)
    arguments.emplace_back("--folded");
  else
    arguments.insert(arguments.end(), {"--json", "--limit", "100"});
  std::optional<process::child> child;
  try {
    child.emplace(by_.program, arguments, process::child_options{.output = output});
  } catch (std::system_error const& error) {
    detail_ = error.what();
    co_return errc::encoder_failed;
  }
  auto const end = co_await end_of_tool(*child, limit);
  detail_ = end.why;
  using kind = process::exit_status::kind;
  if (end.status == process::exit_status{kind::exited, tool_exit::not_comparable})
    co_return errc::invalid_argument;
  co_return end.outcome;
}

}  // namespace loopscope::capture
