#include <profiling_lab/faults/request_log.hpp>

#include <utility>

namespace lab {

namespace {

constexpr std::size_t buffer_size = std::size_t{256} * 1024;

}  // namespace

fault_description const& request_log::description() const {
  static constexpr fault_description text{
      .name = "request-buffers",
      .summary = "Requests that are kept for debugging, each with its buffer of 256 KiB",
      .look_for =
          "std::byte[] of 256 KiB in lab::request_log::logged_request[], below "
          "RequestLog.requests",
      .most = 2000,
      .of_each = loopscope::kibibytes(257)};
  return text;
}

void request_log::leak(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    requests_.push_back({"/api/upload", std::vector<std::byte>(buffer_size, std::byte{1})});
}

std::function<void()> request_log::clear() {
  return freed_later(std::exchange(requests_, {}));
}

}  // namespace lab
