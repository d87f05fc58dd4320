#include <loopscope/formats/gzip_impl.hpp>
#include <loopscope/formats/pprof.hpp>
#include <loopscope/formats/pprof_message_impl.hpp>
#include <loopscope/formats/sample_time_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <utility>

namespace loopscope::formats {

namespace {

struct total {
  std::uint64_t samples = 0;
  std::uint64_t wall_ns = 0;
};

void write_message(std::ostream& out, model::symbolized_profile const& profile) {
  auto const period_ns = static_cast<std::uint64_t>(profile.period.count());
  pprof_message message{out, profile};
  message.add_value_type(profile_field::sample_type, "samples", "count");
  message.add_value_type(profile_field::sample_type, "wall", "nanoseconds");
  message.add_value_type(profile_field::period_type, "wall", "nanoseconds");
  message.add_number(profile_field::time_nanos, profile.start_unix_ns);
  message.add_number(profile_field::duration_nanos, profile.end_ns - profile.start_ns);
  message.add_number(profile_field::period, period_ns);
  std::map<std::pair<std::uint32_t, std::uint32_t>, total> totals;  // by stack and label
  auto const periods = periods_of(profile);
  for (std::size_t i = 0; i < periods.size(); ++i) {
    auto const& sample = profile.samples[i];
    auto& sum = totals[{sample.stack, sample.label}];
    ++sum.samples;
    sum.wall_ns += periods[i] * period_ns;
  }
  for (auto const& [where, sum] : totals)
    message.add_sample(profile.stacks[where.first], {sum.samples, sum.wall_ns},
                       profile.labels[where.second]);
  message.finish();
}

// Only stacks without figures are left out.
void write_message(std::ostream& out, heap_capture const& capture) {
  auto const& heap = capture.raw.heap;
  pprof_message message{out, capture.names};
  if (!heap.sampled) {
    message.add_value_type(profile_field::sample_type, "alloc_objects", "count");
    message.add_value_type(profile_field::sample_type, "alloc_space", "bytes");
  }
  message.add_value_type(profile_field::sample_type, "inuse_objects", "count");
  message.add_value_type(profile_field::sample_type, "inuse_space", "bytes");
  message.add_value_type(profile_field::period_type, "space", "bytes");
  message.add_number(profile_field::time_nanos, heap.taken_unix_ns);
  message.add_number(profile_field::period, heap.sampled ? heap.period : 1);
  message.add_text(profile_field::default_sample_type, "inuse_space");
  auto const totals = totals_by_stack(capture.raw);
  for (std::size_t i = 0; i < totals.size(); ++i) {
    auto const& sum = totals[i];
    if (sum.live_objects == 0 && sum.objects == 0) continue;
    auto const stack = i == 0 ? model::code_stack{} : capture.names.stacks[i - 1];
    if (heap.sampled)
      message.add_sample(stack, {sum.live_objects, sum.live_bytes});
    else
      message.add_sample(stack, {sum.objects, sum.bytes, sum.live_objects, sum.live_bytes});
  }
  message.finish();
}

template <class Content>
void write_compressed(std::ostream& out, Content const& content) {
  gzip_buffer compressed{out};
  std::ostream plain{&compressed};
  write_message(plain, content);
  compressed.finish();
}

}  // namespace

void write_pprof(std::ostream& out, model::symbolized_profile const& profile) {
  write_compressed(out, profile);
}

void write_pprof(std::ostream& out, heap_capture const& capture) {
  write_compressed(out, capture);
}

}  // namespace loopscope::formats
