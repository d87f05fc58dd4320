#include <loopscope/model/raw_cpu_profile.hpp>
#include <loopscope/model/section_file.hpp>

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

namespace loopscope::model {

namespace {

enum class tag : std::uint32_t {
  header = 1,   // period, start, end, start in Unix time, dropped: 64 bits each
  labels = 5,   // each its length and its bytes
  stacks = 6,   // each its depth and its addresses, 64 bits each
  samples = 7,  // cpu_sample as it lies in memory, without padding
  gperftools = 8,
  stack_ends = 10,  // a byte for each stack
};

// A section's body, written and read by value.
struct packed_sample {
  std::uint64_t time_ns;
  std::uint32_t stack;
  std::uint32_t label;
  std::uint32_t overruns;
  std::uint32_t reserved;
};
static_assert(sizeof(packed_sample) == 24);

std::string header_body(raw_cpu_profile const& p) {
  std::string body;
  for (auto const value : {static_cast<std::uint64_t>(p.period.count()), p.start_ns, p.end_ns,
                           p.start_unix_ns, p.dropped})
    append_bytes(body, value);
  return body;
}

std::string labels_body(raw_cpu_profile const& p) {
  std::string body;
  for (auto const& label : p.labels) {
    append_bytes(body, std::uint64_t{label.size()});
    body += label;
  }
  return body;
}

std::string stacks_body(raw_cpu_profile const& p) {
  std::string body;
  for (auto const& stack : p.stacks) {
    append_bytes(body, std::uint64_t{stack.size()});
    for (auto const pc : stack) append_bytes(body, pc);
  }
  return body;
}

std::string stack_ends_body(raw_cpu_profile const& p) {
  std::string body;
  for (auto const end : p.stack_ends) append_bytes(body, end);
  return body;
}

std::string samples_body(raw_cpu_profile const& p) {
  std::string body;
  body.reserve(p.samples.size() * sizeof(packed_sample));
  for (auto const& s : p.samples)
    append_bytes(body, packed_sample{s.time_ns, s.stack, s.label, s.overruns, 0});
  return body;
}

bool read_header(byte_reader body, raw_cpu_profile& into) {
  into.period = std::chrono::nanoseconds{body.take<std::int64_t>()};
  into.start_ns = body.take<std::uint64_t>();
  into.end_ns = body.take<std::uint64_t>();
  into.start_unix_ns = body.take<std::uint64_t>();
  into.dropped = body.take<std::uint64_t>();
  return !body.failed() && body.empty() && into.period.count() > 0 && into.end_ns >= into.start_ns;
}

bool read_labels(byte_reader body, raw_cpu_profile& into) {
  into.labels.clear();
  while (!body.empty() && !body.failed())
    into.labels.emplace_back(body.take_bytes(body.take<std::uint64_t>()));
  return !body.failed();
}

bool read_stacks(byte_reader body, raw_cpu_profile& into) {
  while (!body.empty()) {
    auto const depth = body.take<std::uint64_t>();
    if (body.failed() || depth > body.size() / sizeof(std::uint64_t)) return false;
    call_stack stack(depth);
    for (auto& pc : stack) pc = body.take<std::uint64_t>();
    into.stacks.push_back(std::move(stack));
  }
  return true;
}

bool read_stack_ends(byte_reader body, raw_cpu_profile& into) {
  while (!body.empty()) {
    auto const end = body.take<std::uint8_t>();
    if (end > static_cast<std::uint8_t>(stack_end::broken)) return false;
    into.stack_ends.push_back(static_cast<stack_end>(end));
  }
  return true;
}

bool read_samples(byte_reader body, raw_cpu_profile& into) {
  if (body.size() % sizeof(packed_sample) != 0) return false;
  into.samples.reserve(body.size() / sizeof(packed_sample));
  while (!body.empty()) {
    auto const s = body.take<packed_sample>();
    into.samples.push_back({s.time_ns, s.stack, s.label, s.overruns});
  }
  return true;
}

bool read_text(byte_reader body, std::string& into) {
  into = body.take_bytes(body.size());
  return true;
}

// A section of an unknown tag is skipped: a later writer of this version may add one. Those of the
// program image are read elsewhere.
bool read_section(section_reader::section const& from, raw_cpu_profile& into) {
  byte_reader const body{from.bytes};
  switch (static_cast<tag>(from.tag)) {
    case tag::header:
      return read_header(body, into);
    case tag::labels:
      return read_labels(body, into);
    case tag::stacks:
      return read_stacks(body, into);
    case tag::samples:
      return read_samples(body, into);
    case tag::gperftools:
      return read_text(body, into.gperftools);
    case tag::stack_ends:
      return read_stack_ends(body, into);
  }
  return true;
}

// Every index names something, and time does not run backwards.
bool is_consistent(raw_cpu_profile const& p) {
  if (p.period.count() <= 0 || p.labels.empty() || !p.labels.front().empty()) return false;
  if (!p.stack_ends.empty() && p.stack_ends.size() != p.stacks.size()) return false;
  auto before = p.start_ns;
  for (auto const& s : p.samples) {
    if (s.stack >= p.stacks.size() || s.label >= p.labels.size()) return false;
    if (s.time_ns < before || s.time_ns > p.end_ns) return false;
    before = s.time_ns;
  }
  return true;
}

}  // namespace

void write_raw(std::ostream& out, raw_cpu_profile const& profile) {
  section_writer file{out};
  auto const write = [&](tag which, std::string_view bytes) {
    file.section(static_cast<std::uint32_t>(which), bytes);
  };
  write(tag::header, header_body(profile));
  write_image(file, profile);
  write(tag::labels, labels_body(profile));
  write(tag::stacks, stacks_body(profile));
  write(tag::stack_ends, stack_ends_body(profile));
  write(tag::samples, samples_body(profile));
  write(tag::gperftools, profile.gperftools);
  file.finish();
}

result<raw_cpu_profile> read_raw(std::string_view bytes) {
  auto file = section_reader::open(bytes);
  if (!file) return file.error();
  raw_cpu_profile profile;
  while (true) {
    auto const section = file->next();
    if (!section) return section.error();
    if (section->tag == 0) break;
    if (!read_image_section(*section, profile) || !read_section(*section, profile))
      return errc::raw_malformed;
  }
  if (!is_consistent(profile)) return errc::raw_malformed;
  return profile;
}

}  // namespace loopscope::model
