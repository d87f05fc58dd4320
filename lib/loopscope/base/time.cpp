#include <loopscope/base/time.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace loopscope {

namespace {

std::tm utc(std::chrono::system_clock::time_point time) {
  auto const seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::string iso_time(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  auto const parts = utc(time);
  auto const ms = duration_cast<milliseconds>(time - floor<seconds>(time)).count();
  std::array<char, 64> text{};
  auto const length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(ms));
  return text.data();
}

std::string iso_time_for_name(std::chrono::system_clock::time_point time) {
  auto text = iso_time(time);
  std::replace(text.begin(), text.end(), ':', '-');
  return text;
}

std::string http_date(std::chrono::system_clock::time_point time) {
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto const parts = utc(time);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text.data();
}

}  // namespace loopscope
