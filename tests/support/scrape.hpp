#pragma once

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::test {

/// The rows that a scrape of a registry would give.
class scrape {
 public:
  explicit scrape(prometheus::Registry const& registry) {
    std::istringstream text{prometheus::TextSerializer{}.Serialize(registry.Collect())};
    for (std::string row; std::getline(text, row);) rows_.push_back(row);
  }

  [[nodiscard]] std::vector<std::string> const& rows() const noexcept { return rows_; }

  /// The value of the series `name{labels}`, as it stands there; none if there is none.
  [[nodiscard]] std::optional<double> value(std::string_view series) const {
    for (auto const& row : rows_)
      if (row.starts_with(series) && row.size() > series.size() && row[series.size()] == ' ')
        return std::stod(row.substr(series.size() + 1));
    return std::nullopt;
  }

  /// How many rows begin with `prefix`.
  [[nodiscard]] std::size_t count(std::string_view prefix) const {
    std::size_t found = 0;
    for (auto const& row : rows_)
      if (row.starts_with(prefix)) ++found;
    return found;
  }

 private:
  std::vector<std::string> rows_;
};

}  // namespace loopscope::test
