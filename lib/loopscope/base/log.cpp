#include <loopscope/base/json_writer.hpp>
#include <loopscope/base/log.hpp>
#include <loopscope/base/signal_block.hpp>
#include <loopscope/base/time.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace loopscope {

namespace {

using namespace std::chrono_literals;

// How long the writer lets lines gather: one wake-up and one write a batch, not a line.
constexpr auto batch_window = 10ms;

constexpr std::array level_names{"debug", "info", "warn", "error"};

void append_line(std::string& out, std::string_view level, std::string_view event,
                 log_fields fields) {
  json_writer line{out, json_writer::encoding::ascii};
  line.begin_object()
      .member("time", iso_time(std::chrono::system_clock::now()))
      .member("level", level)
      .member("event", event);
  for (auto const& field : fields) {
    line.key(field.key);
    std::visit([&](auto value) { line.value(value); }, field.value);
  }
  line.end_object();
  out += '\n';
}

}  // namespace

std::string_view to_text(log_level level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<log_level> parse_log_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (text == level_names[i]) return static_cast<log_level>(i);
  return std::nullopt;
}

logger::logger(int fd, log_level level, byte_count capacity)
    : capacity_{capacity.value}, level_{level}, state_{std::make_shared<shared_state>(fd)} {
  signal_block const block;  // for the thread to inherit
  writer_ = std::thread{[state = state_] { run(state); }};
}

logger::~logger() {
  auto const now = std::chrono::steady_clock::now();
  auto const end = std::max(flush_end_.value_or(now + default_flush), now + least_flush);
  std::unique_lock lock{state_->mutex};
  state_->stopping = true;
  state_->filled.notify_one();
  auto const has_ended = state_->ended.wait_until(lock, end, [&] { return state_->has_ended; });
  lock.unlock();
  if (has_ended) {
    writer_.join();
  } else {
    state_->abandoned = true;
    writer_.detach();  // it waits in write() for a reader
  }
}

void logger::write(log_level level, std::string_view event, log_fields fields) {
  if (!enabled(level) || append(to_text(level), event, fields)) return;
  std::lock_guard const lock{state_->mutex};
  ++state_->dropped;
}

bool logger::audit(std::string_view event, log_fields fields) {
  return append("audit", event, fields);
}

bool logger::append(std::string_view level, std::string_view event, log_fields fields) {
  thread_local std::string line;
  line.clear();
  append_line(line, level, event, fields);

  std::unique_lock lock{state_->mutex};
  auto& pending = state_->pending;
  auto const was_empty = pending.empty();
  if (!was_empty && pending.size() + line.size() > capacity_) return false;
  pending += line;
  lock.unlock();
  if (was_empty) state_->filled.notify_one();
  return true;
}

void logger::write_all(shared_state const& to, std::string_view text) {
  while (!text.empty() && !to.abandoned) {
    auto const written = ::write(to.fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      // Another process that shares the open file, such as a parent's stderr, made it non-blocking.
      pollfd room{to.fd, POLLOUT, 0};
      std::ignore = ::poll(&room, 1, -1);  // should it fail, write() says why
      continue;
    }
    if (written <= 0) return;  // there is nowhere left to report it
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void logger::run(std::shared_ptr<shared_state> const& state) {
  std::string batch;
  std::unique_lock lock{state->mutex};
  while (true) {
    state->filled.wait(lock, [&] { return state->stopping || !state->pending.empty(); });
    state->filled.wait_for(lock, batch_window, [&] { return state->stopping; });
    auto const last = state->stopping;
    batch.swap(state->pending);
    auto const dropped = std::exchange(state->dropped, 0);
    lock.unlock();

    if (dropped != 0) append_line(batch, "warn", "log_dropped", {{"lines", dropped}});
    write_all(*state, batch);
    batch.clear();
    lock.lock();
    if (!last) continue;
    state->has_ended = true;
    state->ended.notify_all();
    return;
  }
}

}  // namespace loopscope
