#pragma once

#include <loopscope/base/byte_count.hpp>

#include <atomic>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <initializer_list>
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
/// Lines are batched in a bounded buffer. When it is full, ordinary lines are dropped and counted
/// (a `log_dropped` line says how many); audit lines wait for room instead. The destructor
/// writes out what is left.
///
/// Owns the log thread, which blocks every signal.
/// \thread any
class logger {
 public:
  static constexpr byte_count default_capacity = mebibytes(1);

  /// \param fd  borrowed; open until the logger is destroyed.
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
  void audit(std::string_view event, log_fields fields);

  [[nodiscard]] bool enabled(log_level level) const noexcept { return level >= this->level(); }
  [[nodiscard]] log_level level() const noexcept { return level_.load(std::memory_order_relaxed); }
  void level(log_level value) noexcept { level_.store(value, std::memory_order_relaxed); }

 private:
  enum class when_full { drop, wait };

  void write(log_level level, std::string_view event, log_fields fields);
  void append(std::string_view level, std::string_view event, log_fields fields, when_full policy);
  void run();

  int fd_;
  std::size_t capacity_;
  std::atomic<log_level> level_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::string pending_;
  std::uint64_t dropped_ = 0;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace loopscope
