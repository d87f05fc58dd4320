#include <loopscope/control/file_body.hpp>
#include <loopscope/runtime/workers.hpp>

#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace loopscope::control {

namespace asio = boost::asio;

asio::awaitable<std::size_t> file_body::read(asio::mutable_buffer to) {
  auto read_piece = [this, to]() -> std::size_t {
    auto const got = pread(file_.get(), to.data(), to.size(), static_cast<off_t>(next_.value));
    if (got <= 0) throw std::system_error{got < 0 ? errno : EIO, std::generic_category(), "pread"};
    return static_cast<std::size_t>(got);
  };
  auto const got = co_await runtime::offload(lane_, std::move(read_piece));
  next_ += bytes(got);
  co_return got;
}

}  // namespace loopscope::control
