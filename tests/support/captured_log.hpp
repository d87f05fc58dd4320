#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/log.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <cerrno>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace loopscope::test {

/// A logger whose lines can be read.
class captured_log {
 public:
  explicit captured_log(log_level level = log_level::info) : log_{std::in_place, fd(), level} {}

  [[nodiscard]] logger& log() { return *log_; }

  /// The lines so far. Nobody else may use the log meanwhile.
  std::vector<boost::json::object> lines() {
    // Only its end writes out all that a logger holds: it ends, and begins anew in its place.
    auto const level = log_->level();
    log_.reset();
    log_.emplace(fd(), level);
    std::istringstream text{content()};
    std::vector<boost::json::object> all;
    for (std::string line; std::getline(text, line);)
      all.push_back(boost::json::parse(line).as_object());
    return all;
  }

  /// Those of one event.
  std::vector<boost::json::object> lines(std::string_view event) {
    auto all = lines();
    std::erase_if(all, [&](auto const& line) { return line.at("event").as_string() != event; });
    return all;
  }

 private:
  static file_descriptor make_file() {
    file_descriptor file{memfd_create("log", MFD_CLOEXEC)};
    if (!file) throw std::system_error{errno, std::generic_category(), "memfd_create"};
    return file;
  }

  [[nodiscard]] int fd() const { return file_.get(); }

  [[nodiscard]] std::string content() const {
    std::string text(static_cast<std::size_t>(lseek(file_.get(), 0, SEEK_END)), '\0');
    auto const got = pread(file_.get(), text.data(), text.size(), 0);
    if (got != static_cast<ssize_t>(text.size()))
      throw std::system_error{errno, std::generic_category(), "pread"};
    return text;
  }

  file_descriptor file_ = make_file();
  std::optional<logger> log_;
};

}  // namespace loopscope::test
