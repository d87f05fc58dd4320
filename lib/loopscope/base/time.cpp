#include <loopscope/base/time.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace loopscope {

namespace {

// Writes the last `width` digits of a number.
void put(char* at, int width, unsigned value) {
  for (auto i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

// By hand: strftime and snprintf take ten times as long, and every audit line has a time.
std::string iso_time(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  auto const day = floor<days>(time);
  year_month_day const date{day};
  hh_mm_ss const clock{floor<milliseconds>(time - day)};
  std::string text = "0000-00-00T00:00:00.000Z";
  put(&text[0], 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(&text[5], 2, static_cast<unsigned>(date.month()));
  put(&text[8], 2, static_cast<unsigned>(date.day()));
  put(&text[11], 2, static_cast<unsigned>(clock.hours().count()));
  put(&text[14], 2, static_cast<unsigned>(clock.minutes().count()));
  put(&text[17], 2, static_cast<unsigned>(clock.seconds().count()));
  put(&text[20], 3, static_cast<unsigned>(clock.subseconds().count()));
  return text;
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
  auto const seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text.data();
}

}  // namespace loopscope
