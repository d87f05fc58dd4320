#pragma once

#include <loopscope/capture/judgement.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace loopscope::capture {

/// `0.4 %`, `12 %`.
std::string percent(double share);

/// part / whole, 0 of nothing.
double ratio(double part, double whole);
double ratio(std::uint64_t part, std::uint64_t whole);

/// Of a figure that is the worse the larger it is.
model::verdict level(double share, doubt limits);

/// Of a figure that is the worse the smaller it is.
model::verdict level_below(double figure, doubt limits);

/// Collects what rules find.
class findings {
 public:
  void add(model::verdict found, std::string warning);
  void raise(model::verdict found);
  [[nodiscard]] std::size_t count() const { return all_.warnings.size(); }
  judgement take();

 private:
  judgement all_;
};

/// What every capture says of its code: files that changed, and what others lack.
void judge_files(std::vector<std::string> const& changed_modules,
                 std::vector<std::string> const& notes, findings& to);

}  // namespace loopscope::capture
