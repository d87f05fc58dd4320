#include <loopscope/base/json_writer.hpp>
#include <loopscope/base/log.hpp>
#include <loopscope/base/signal_block.hpp>
#include <loopscope/base/time.hpp>

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

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto const written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      // Another process that shares the open file, such as a parent's stderr, made it non-blocking.
      pollfd room{fd, POLLOUT, 0};
      std::ignore = ::poll(&room, 1, -1);  // should it fail, write() says why
      continue;
    }
    if (written <= 0) return;  // there is nowhere left to report it
    text.remove_prefix(static_cast<std::size_t>(written));
  }
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
    : fd_{fd}, capacity_{capacity.value}, level_{level} {
  signal_block const block;  // for the thread to inherit
  writer_ = std::thread{[this] { run(); }};
}

logger::~logger() {
  {
    std::lock_guard const lock{mutex_};
    stopping_ = true;
  }
  filled_.notify_one();
  writer_.join();
}

void logger::write(log_level level, std::string_view event, log_fields fields) {
  if (enabled(level)) append(to_text(level), event, fields, when_full::drop);
}

void logger::audit(std::string_view event, log_fields fields) {
  append("audit", event, fields, when_full::wait);
}

void logger::append(std::string_view level, std::string_view event, log_fields fields,
                    when_full policy) {
  thread_local std::string line;
  line.clear();
  append_line(line, level, event, fields);

  std::unique_lock lock{mutex_};
  auto const has_room = [&] {
    return pending_.empty() || pending_.size() + line.size() <= capacity_;
  };
  if (policy == when_full::wait) {
    emptied_.wait(lock, has_room);
  } else if (!has_room()) {
    ++dropped_;
    return;
  }
  auto const was_empty = pending_.empty();
  pending_ += line;
  lock.unlock();
  if (was_empty) filled_.notify_one();
}

void logger::run() {
  std::string batch;
  std::unique_lock lock{mutex_};
  while (true) {
    filled_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    filled_.wait_for(lock, batch_window, [&] { return stopping_; });
    auto const last = stopping_;
    batch.swap(pending_);
    auto const dropped = std::exchange(dropped_, 0);
    lock.unlock();
    emptied_.notify_all();

    if (dropped != 0) append_line(batch, "warn", "log_dropped", {{"lines", dropped}});
    write_all(fd_, batch);
    batch.clear();
    if (last) return;
    lock.lock();
  }
}

}  // namespace loopscope
