#include <loopscope/symbols/plumbing_impl.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace loopscope::symbols {

namespace {

// Functions, classes and namespaces, with all that is in them.
constexpr std::array<std::string_view, 4> of_asio{
    "asio",
    "boost_asio_handler_invoke_helpers",
    "boost_asio_handler_alloc_helpers",
    "boost_asio_handler_cont_helpers",
};

constexpr std::array<std::string_view, 1> of_beast{"beast"};

constexpr std::array<std::string_view, 6> loops{
    "asio::io_context::run",       "asio::io_context::run_one", "asio::io_context::run_for",
    "asio::io_context::run_until", "asio::io_context::poll",    "asio::io_context::poll_one",
};

constexpr std::array<std::string_view, 24> of_std{
    "std::function",
    "std::_Function_base",
    "std::_Function_handler",
    "std::move_only_function",
    "std::_Mofunc_base",
    "std::__detail::_Mofunc_base",
    "std::__function",
    "std::invoke",
    "std::invoke_r",
    "std::__invoke",
    "std::__invoke_r",
    "std::__invoke_impl",
    "std::__invoke_impl_r",
    "std::apply",
    "std::__apply_impl",
    "std::bind",
    "std::_Bind",
    "std::_Bind_result",
    "std::_Bind_front",
    "std::_Mem_fn",
    "std::_Mem_fn_base",
    "std::reference_wrapper",
    "std::coroutine_handle",
    "std::experimental::coroutine_handle",
};

// Whether a name is `scope`, or in it.
bool is_in(std::string_view name, std::string_view scope) {
  if (!name.starts_with(scope)) return false;
  auto const next = name.size() == scope.size() ? '\0' : name[scope.size()];
  return next == '\0' || next == ':' || next == '<' || next == ' ';
}

template <std::size_t Size>
bool is_of(std::string_view name, std::array<std::string_view, Size> const& scopes) {
  auto const contains = [name](std::string_view scope) { return is_in(name, scope); };
  return std::any_of(scopes.begin(), scopes.end(), contains);
}

}  // namespace

model::plumbing plumbing_of(std::string_view short_name) {
  constexpr std::string_view boost = "boost::";  // which Asio alone does not have
  if (short_name.starts_with(boost)) short_name.remove_prefix(boost.size());
  if (is_of(short_name, loops)) return model::plumbing::none;
  if (is_of(short_name, of_asio)) return model::plumbing::asio;
  if (is_of(short_name, of_beast)) return model::plumbing::beast;
  if (is_of(short_name, of_std)) return model::plumbing::standard;
  return model::plumbing::none;
}

}  // namespace loopscope::symbols
