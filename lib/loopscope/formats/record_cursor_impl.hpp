#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace loopscope::formats {

/// Goes over the records in sections of a raw capture, as a reader of them asks.
template <class Record>
class record_cursor {
 public:
  /// \param sections  each of whole records; outlive it.
  explicit record_cursor(std::vector<std::string_view> const& sections) : sections_{sections} {
    load();
  }

  /// Whether there is a record.
  explicit operator bool() const noexcept { return has_record_; }
  Record const& operator*() const noexcept { return record_; }
  Record const* operator->() const noexcept { return &record_; }

  record_cursor& operator++() {
    at_ += sizeof(Record);
    load();
    return *this;
  }

 private:
  void load() {
    while (section_ < sections_.size() && at_ + sizeof(Record) > sections_[section_].size()) {
      ++section_;
      at_ = 0;
    }
    has_record_ = section_ < sections_.size();
    if (has_record_) std::memcpy(&record_, sections_[section_].data() + at_, sizeof(Record));
  }

  std::vector<std::string_view> const& sections_;
  std::size_t section_ = 0;
  std::size_t at_ = 0;
  bool has_record_ = false;
  Record record_;
};

template <class Record>
std::uint64_t count_records(std::vector<std::string_view> const& sections) {
  std::uint64_t bytes = 0;
  for (auto const each : sections) bytes += each.size();
  return bytes / sizeof(Record);
}

}  // namespace loopscope::formats
