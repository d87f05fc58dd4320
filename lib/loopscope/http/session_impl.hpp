#pragma once

#include <loopscope/http/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace loopscope::http {

/// Serves one connection until either side closes it.
/// \param what  outlives the coroutine.
/// \cancel total: finishes the running exchange, or closes an idle connection;
///         terminal: cuts it.
boost::asio::awaitable<void> run_session(boost::asio::ip::tcp::socket peer, service const& what);

}  // namespace loopscope::http
