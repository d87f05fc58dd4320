#pragma once

#include <loopscope/base/byte_count.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/http/parameters.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace loopscope::http {

/// Who may call a route: the holder of the token, or anybody.
enum class access { token, open };

/// Responds to one request on the listener's loop: at once, or as a coroutine if it has to wait for
/// something. What it throws becomes a 500.
using sync_handler = std::function<response(request const&)>;
using async_handler = std::function<boost::asio::awaitable<response>(request const&)>;
using handler = std::variant<sync_handler, async_handler>;

/// One row of a route table.
struct route {
  verb method;
  std::string path;  ///< literal, or with one `{name}` segment
  http::access access = http::access::token;
  http::handler handler;
  std::string_view summary;  ///< one line for people; static storage
  std::vector<parameter> parameters{};
  byte_count body_limit = kibibytes(64);
  /// For long work: whether it is cancelled when the peer has left, or closed its side, which is
  /// the same from here. Null: never.
  bool (*cancel_on_disconnect)(arguments const&) = nullptr;
};

/// The route for a request, or why there is none.
struct match {
  http::route const* route = nullptr;
  std::string_view const* label = nullptr;  ///< the route's path; lives as long as the router
  std::string segment;                      ///< what stands for `{name}`
  std::string allow;  ///< for a known path with another verb: the `Allow` header; else empty
};

/// Finds routes by verb and path. GET routes also serve HEAD. Immutable: any thread may read it.
class router {
 public:
  explicit router(std::vector<route> table);
  router(router const&) = delete;
  router& operator=(router const&) = delete;

  /// \param path  decoded. O(1) for literal routes, O(patterns) for the others.
  [[nodiscard]] match find(verb method, std::string_view path) const;

  [[nodiscard]] std::vector<route> const& table() const noexcept { return table_; }

 private:
  using verbs_of_a_path = std::vector<route const*>;

  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  struct pattern {
    std::string_view before;  // up to and with the slash before `{`
    std::string_view after;   // what follows `}`
    verbs_of_a_path routes;
  };

  [[nodiscard]] match choose(verbs_of_a_path const& routes, verb method, std::string segment) const;

  std::vector<route> table_;
  std::vector<std::string_view> labels_;  // the paths of table_
  std::unordered_map<std::string_view, verbs_of_a_path, text_hash, std::equal_to<>> literals_;
  std::vector<pattern> patterns_;
};

}  // namespace loopscope::http
