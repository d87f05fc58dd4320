#include <profiling_lab/fault_handlers.hpp>

#include <loopscope/heap/allocator.hpp>
#include <loopscope/heap/headroom.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace lab {

namespace asio = boost::asio;
namespace http = loopscope::http;

namespace {

boost::json::object shown(fault const& one) {
  auto const& text = one.description();
  auto const objects = one.objects();
  return {{"name", text.name},        {"summary", text.summary},
          {"lookFor", text.look_for}, {"active", objects != 0},
          {"objects", objects},       {"bytes", objects * text.of_each.value},
          {"most", text.most}};
}

}  // namespace

http::response list_faults::operator()(http::request const&) const {
  boost::json::array list;
  for (auto const& each : faults.all()) list.emplace_back(shown(*each));
  boost::json::object const body{{"faults", std::move(list)}};
  return http::json(http::status::ok, body);
}

// On the loop, from the look at what is left to the last object, as memory-leak does it.
http::response start_fault::operator()(http::request const& request) const {
  auto* const one = faults.find(request.path_segment);
  if (!one) return http::problem(loopscope::errc::not_found);
  auto const count = static_cast<std::size_t>(request.parameters.integer("count"));
  auto const& text = one->description();
  if (one->objects() + count > text.most)
    return http::problem(http::status::conflict,
                         std::string{text.name} + " has " + std::to_string(one->objects()) +
                             " objects, and never more than " + std::to_string(text.most));
  auto const needed = loopscope::bytes(count * text.of_each.value) + kept_free;
  if (loopscope::heap::memory_headroom() < needed)
    return http::problem(
        loopscope::errc::memory_refused,
        std::to_string(needed.value >> 20) + " MiB, with the 64 MiB that stay free, are not left");
  one->leak(count);
  return http::json(http::status::ok, shown(*one));
}

asio::awaitable<http::response> clear_fault::operator()(http::request const& request) const {
  auto* const one = faults.find(request.path_segment);
  if (!one) co_return http::problem(loopscope::errc::not_found);
  auto free = [objects = one->clear()] {
    objects();
    loopscope::heap::release_free_memory();
  };
  co_await loopscope::runtime::offload(bulk_lane, std::move(free));
  co_return http::empty(http::status::no_content);
}

}  // namespace lab
