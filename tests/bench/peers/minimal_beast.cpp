// The least that responds over Beast: no routes, guard, limits, metrics or log. Every request gets
// the same response, byte for byte.
//
// minimal-beast FILE: a file that holds an HTTP response. Listens on a free port of the loopback
// and prints it.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

using string_response = http::response<http::string_body>;

class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket peer, string_response const& response)
      : peer_{std::move(peer)}, response_{response} {}

  void read() {
    parser_.emplace();
    http::async_read(peer_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->write();
                     });
  }

 private:
  void write() {
    http::async_write(peer_, response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  tcp::socket peer_;
  string_response const& response_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
};

void accept(tcp::acceptor& acceptor, string_response const& response) {
  acceptor.async_accept([&](beast::error_code error, tcp::socket peer) {
    if (error) return;
    peer.set_option(tcp::no_delay{true});
    std::make_shared<session>(std::move(peer), response)->read();
    accept(acceptor, response);
  });
}

string_response response_in(char const* path) {
  std::ifstream file{path, std::ios::binary};
  std::string const text{std::istreambuf_iterator<char>{file}, {}};
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  beast::error_code error;
  parser.put(asio::buffer(text), error);
  if (error || !parser.is_done()) throw std::runtime_error{"not a whole response"};
  return parser.release();
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) throw std::runtime_error{"usage: minimal-beast FILE"};
  auto const response = response_in(arguments[1]);
  asio::io_context loop{1};
  tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
  accept(acceptor, response);
  std::cout << acceptor.local_endpoint().port() << std::endl;
  loop.run();
} catch (std::exception const& error) {
  std::cerr << "minimal-beast: " << error.what() << '\n';
  return 1;
}
