#include <loopscope/base/signal_block.hpp>
#include <loopscope/http/look_up_impl.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <cerrno>
#include <cstring>
#include <exception>
#include <future>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace loopscope::http {

namespace asio = boost::asio;

namespace {

boost::system::error_code error_of(int code) {
  switch (code) {
    case EAI_SYSTEM:
      return {errno, boost::system::system_category()};
    case EAI_AGAIN:
      return asio::error::host_not_found_try_again;
    case EAI_FAIL:
      return asio::error::no_recovery;
    case EAI_MEMORY:
      return asio::error::no_memory;
    default:
      return asio::error::host_not_found;
  }
}

}  // namespace

result<endpoints> system_look_up(std::string const& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (auto const code = getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0)
    return error_of(code);
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> const owner{found, freeaddrinfo};
  endpoints all;
  for (auto const* each = found; each; each = each->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    endpoint.resize(each->ai_addrlen);
    endpoint.port(port);
    all.push_back(endpoint);
  }
  return all;
}

result<endpoints> look_up(std::string const& host, std::uint16_t port,
                          std::chrono::milliseconds limit,
                          std::function<result<endpoints>(std::string const&, std::uint16_t)> ask) {
  boost::system::error_code no_address;
  auto const address = asio::ip::make_address(host, no_address);
  if (!no_address) return endpoints{{address, port}};
  std::packaged_task<result<endpoints>()> task{
      [host, port, ask = std::move(ask)] { return ask(host, port); }};
  auto found = task.get_future();
  {
    signal_block const block;  // for the thread to inherit
    std::thread{std::move(task)}.detach();
  }
  if (found.wait_for(limit) != std::future_status::ready) return errc::timed_out;
  return found.get();
}

}  // namespace loopscope::http
