#include <profiling_lab/faults/jam.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

// Every step of the work is a function of its own in a profile: inlining would hide it.
#define LAB_FRAME [[gnu::noinline]]

namespace lab::jam {

namespace {

constexpr std::size_t features = 32;
constexpr std::size_t products = 24;

using product = std::array<double, features>;
using catalogue = std::array<product, products>;

std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

LAB_FRAME catalogue load_catalogue(std::uint64_t& seed) {
  catalogue all{};
  for (auto& each : all)
    for (auto& feature : each) feature = static_cast<double>(next_random(seed) % 1000) / 1000.0;
  return all;
}

LAB_FRAME double dot_product(product const& a, product const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < features; ++i) sum += a[i] * b[i];
  return sum;
}

LAB_FRAME double cosine_similarity(product const& a, product const& b) {
  auto const lengths = std::sqrt(dot_product(a, a)) * std::sqrt(dot_product(b, b));
  auto const projected = dot_product(a, b);
  return lengths > 0 ? projected / lengths : 0;
}

LAB_FRAME double popularity_decay(product const& each) {
  double decay = 0;
  for (auto const feature : each) decay += std::exp(-feature) * std::log1p(feature);
  return decay / static_cast<double>(features);
}

LAB_FRAME double score_product(catalogue const& all, std::size_t which) {
  double score = popularity_decay(all[which]);
  for (auto const& other : all) score += cosine_similarity(all[which], other);
  return score;
}

LAB_FRAME double rank_catalogue(catalogue const& all) {
  std::array<double, products> scores{};
  for (std::size_t i = 0; i < products; ++i) scores[i] = score_product(all, i);
  std::sort(scores.begin(), scores.end());
  return scores[products / 2];
}

LAB_FRAME std::uint64_t recommend_for_customer(std::uint64_t& seed) {
  auto const all = load_catalogue(seed);
  auto const median = rank_catalogue(all);
  return static_cast<std::uint64_t>(median * 1e9) ^ seed;
}

}  // namespace

LAB_FRAME std::uint64_t rebuild_recommendations(std::chrono::milliseconds duration) {
  auto const end = std::chrono::steady_clock::now() + duration;
  std::uint64_t seed = 0x9e3779b97f4a7c15;
  std::uint64_t checksum = 0;
  while (std::chrono::steady_clock::now() < end) checksum += recommend_for_customer(seed);
  // A double holds 53 bits: the number stays exact for JavaScript, which reads JSON.
  return checksum & ((std::uint64_t{1} << 53) - 1);
}

}  // namespace lab::jam
