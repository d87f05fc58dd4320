#pragma once

#include <loopscope/base/result.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace loopscope::http {

using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// Asks the system for the addresses of a name, however long that takes.
/// \return  the error of getaddrinfo(3).
result<endpoints> system_look_up(std::string const& host, std::uint16_t port);

/// Where a host is. An address needs no look-up.
///
/// The system's look-up has no limit and cannot be ended. So it is made by a thread of its own,
/// which blocks every signal and, once `limit` has passed, goes on alone until it is through: it
/// shares nothing with anybody else by then.
/// \param ask  called on that thread; another one only in tests.
/// \return     errc::timed_out, or the error of `ask`.
/// \throws     system_error if there is no thread.
/// \thread any but a loop's
result<endpoints> look_up(
    std::string const& host, std::uint16_t port, std::chrono::milliseconds limit,
    std::function<result<endpoints>(std::string const&, std::uint16_t)> ask = system_look_up);

}  // namespace loopscope::http
