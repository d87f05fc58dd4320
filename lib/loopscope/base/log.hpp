#pragma once

#include <loopscope/base/byte_count.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

namespace loopscope {

enum class log_level { debug, info, warn, error };

std::string_view to_text(log_level level) noexcept;

/// The level called `debug`, `info`, `warn` or `error`; none for any other text.
std::optional<log_level> parse_log_level(std::string_view text) noexcept;

/// One `"key": value` of a log line. The text is borrowed until the call returns.
struct log_field {
  using value_type = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

  std::string_view key;
  value_type value;

  template <class T>
  log_field(std::string_view name, T const& v) : key{name}, value{convert(v)} {}

 private:
  template <class T>
  static value_type convert(T const& v) {
    if constexpr (std::same_as<T, bool>)
      return v;
    else if constexpr (std::signed_integral<T>)
      return static_cast<std::int64_t>(v);
    else if constexpr (std::unsigned_integral<T>)
      return static_cast<std::uint64_t>(v);
    else if constexpr (std::floating_point<T>)
      return static_cast<double>(v);
    else
      return std::string_view{v};
  }
};

/// The fields of one line, borrowed for the call: `{{"port", 8080}, {"host", name}}` or a vector.
class log_fields {
 public:
  log_fields() = default;
  log_fields(std::initializer_list<log_field> fields) : fields_{fields.begin(), fields.size()} {}
  log_fields(std::vector<log_field> const& fields) : fields_{fields} {}

  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }

 private:
  std::span<log_field const> fields_;
};

/// Writes one JSON object a line to a file descriptor, from a thread of its own.
///
/// Lines are batched in a bounded buffer. No call ever waits for it to be written: when it is full,
/// ordinary lines are dropped and counted (a `log_dropped` line says how many), and the caller
/// of audit() is told, to try again. The destructor writes out what is left, within bounds.
///
/// Owns the log thread, which blocks every signal.
/// \thread any
class logger {
 public:
  static constexpr byte_count default_capacity = mebibytes(1);
  static constexpr std::chrono::milliseconds default_flush{5000};
  static constexpr std::chrono::milliseconds least_flush{200};

  /// \param fd  borrowed; open until the logger is destroyed, and not used afterwards.
  explicit logger(int fd, log_level level = log_level::info,
                  byte_count capacity = default_capacity);
  ~logger();
  logger(logger const&) = delete;
  logger& operator=(logger const&) = delete;

  void debug(std::string_view event, log_fields fields = {}) {
    write(log_level::debug, event, fields);
  }
  void info(std::string_view event, log_fields fields = {}) {
    write(log_level::info, event, fields);
  }
  void warn(std::string_view event, log_fields fields = {}) {
    write(log_level::warn, event, fields);
  }
  void error(std::string_view event, log_fields fields = {}) {
    write(log_level::error, event, fields);
  }

  /// A line that is written at every level and never dropped: who did what, with what outcome.
  /// \return  false if there is no room for it now; nothing is written then.
  bool audit(std::string_view event, log_fields fields);

  /// Lets the destructor wait until `end` at most for what nobody reads, but for `least_flush` in
  /// any case; by default for `default_flush`. What is left then is lost, with the thread that
  /// waits to write it. \thread before the destructor
  void flush_until(std::chrono::steady_clock::time_point end) noexcept { flush_end_ = end; }

  [[nodiscard]] bool enabled(log_level level) const noexcept { return level >= this->level(); }
  [[nodiscard]] log_level level() const noexcept { return level_.load(std::memory_order_relaxed); }
  void level(log_level value) noexcept { level_.store(value, std::memory_order_relaxed); }

 private:
  // The thread may outlive the logger, if nobody reads what it writes.
  struct shared_state {
    explicit shared_state(int to) : fd{to} {}

    int fd;
    std::mutex mutex;
    std::condition_variable filled;
    std::condition_variable ended;
    std::string pending;
    std::uint64_t dropped = 0;
    bool stopping = false;
    bool has_ended = false;
    std::atomic<bool> abandoned{false};  // nothing more is to be written
  };

  static void run(std::shared_ptr<shared_state> const& state);
  static void write_all(shared_state const& to, std::string_view text);

  void write(log_level level, std::string_view event, log_fields fields);
  bool append(std::string_view level, std::string_view event, log_fields fields);

  std::size_t capacity_;
  std::atomic<log_level> level_;
  std::optional<std::chrono::steady_clock::time_point> flush_end_;
  std::shared_ptr<shared_state> state_;
  std::thread writer_;
};

}  // namespace loopscope
