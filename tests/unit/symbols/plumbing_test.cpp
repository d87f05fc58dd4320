#include "support/catch.hpp"

#include <loopscope/symbols/plumbing_impl.hpp>

#include <string>

using namespace loopscope;
using model::plumbing;

TEST_CASE("Plumbing is known by its name", "[symbols]") {
  auto const [name, kind] = GENERATE(table<std::string, plumbing>({
      {"boost::asio::detail::scheduler::run", plumbing::asio},
      {"boost::asio::detail::co_spawn_entry_point<...> [coroutine]", plumbing::asio},
      {"boost_asio_handler_invoke_helpers::invoke<...>", plumbing::asio},
      {"asio::detail::scheduler::run", plumbing::asio},
      {"boost::beast::http::basic_parser<...>::put", plumbing::beast},
      {"std::function<...>::operator()", plumbing::standard},
      {"std::_Function_handler<...>::_M_invoke", plumbing::standard},
      {"std::__invoke_impl<...>", plumbing::standard},
      {"std::coroutine_handle<void>::resume", plumbing::standard},
      {"std::invoke", plumbing::standard},
      {"boost::asio::io_context::run", plumbing::none},
      {"asio::io_context::run_for<...>", plumbing::none},
      {"boost::asio::io_context::runner", plumbing::asio},
      {"boost::asio_extra::run", plumbing::none},
      {"std::function_like", plumbing::none},
      {"std::sort<...>", plumbing::none},
      {"std::vector<...>::push_back", plumbing::none},
      {"lab::boost::asio::run", plumbing::none},
      {"lab::serve::lambda at session.cpp:57", plumbing::none},
      {"[libm.so.6 changed]", plumbing::none},
      {"", plumbing::none},
  }));
  CAPTURE(name);

  CHECK(symbols::plumbing_of(name) == kind);
}
