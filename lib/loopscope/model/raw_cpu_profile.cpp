#include <loopscope/model/raw_cpu_profile.hpp>

#include <bit>
#include <cstring>
#include <ostream>
#include <string>
#include <utility>

namespace loopscope::model {

static_assert(std::endian::native == std::endian::little, "raw files are little-endian");

namespace {

constexpr std::string_view magic = "LOOPSRAW";

enum class tag : std::uint32_t {
  end = 0,
  header = 1,  // period, start, end, start in Unix time, dropped: 64 bits each
  executable = 2,
  build_id = 3,
  maps = 4,
  labels = 5,   // each its length and its bytes
  stacks = 6,   // each its depth and its addresses, 64 bits each
  samples = 7,  // cpu_sample as it lies in memory, without padding
  native = 8,
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

template <class T>
void append(std::string& to, T const& value) {
  to.append(reinterpret_cast<char const*>(&value), sizeof value);
}

void write_section(std::ostream& out, tag which, std::string_view body) {
  std::string head;
  append(head, static_cast<std::uint32_t>(which));
  append(head, std::uint32_t{0});
  append(head, std::uint64_t{body.size()});
  out.write(head.data(), static_cast<std::streamsize>(head.size()));
  out.write(body.data(), static_cast<std::streamsize>(body.size()));
}

std::string header_body(raw_cpu_profile const& p) {
  std::string body;
  for (auto const value : {static_cast<std::uint64_t>(p.period.count()), p.start_ns, p.end_ns,
                           p.start_unix_ns, p.dropped})
    append(body, value);
  return body;
}

std::string labels_body(raw_cpu_profile const& p) {
  std::string body;
  for (auto const& label : p.labels) {
    append(body, std::uint64_t{label.size()});
    body += label;
  }
  return body;
}

std::string stacks_body(raw_cpu_profile const& p) {
  std::string body;
  for (auto const& stack : p.stacks) {
    append(body, std::uint64_t{stack.size()});
    for (auto const pc : stack) append(body, pc);
  }
  return body;
}

std::string samples_body(raw_cpu_profile const& p) {
  std::string body;
  body.reserve(p.samples.size() * sizeof(packed_sample));
  for (auto const& s : p.samples)
    append(body, packed_sample{s.time_ns, s.stack, s.label, s.overruns, 0});
  return body;
}

// Takes values off the front of some bytes; `failed` once they do not reach.
class reader {
 public:
  explicit reader(std::string_view bytes) : rest_{bytes} {}

  template <class T>
  T take() {
    T value{};
    auto const bytes = take_bytes(sizeof value);
    if (!failed_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  std::string_view take_bytes(std::uint64_t count) {
    failed_ = failed_ || count > rest_.size();
    if (failed_) return {};
    auto const bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return rest_.size(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

bool read_header(reader body, raw_cpu_profile& into) {
  into.period = std::chrono::nanoseconds{body.take<std::int64_t>()};
  into.start_ns = body.take<std::uint64_t>();
  into.end_ns = body.take<std::uint64_t>();
  into.start_unix_ns = body.take<std::uint64_t>();
  into.dropped = body.take<std::uint64_t>();
  return !body.failed() && body.empty() && into.period.count() > 0 && into.end_ns >= into.start_ns;
}

bool read_labels(reader body, raw_cpu_profile& into) {
  into.labels.clear();
  while (!body.empty() && !body.failed())
    into.labels.emplace_back(body.take_bytes(body.take<std::uint64_t>()));
  return !body.failed();
}

bool read_stacks(reader body, raw_cpu_profile& into) {
  while (!body.empty()) {
    auto const depth = body.take<std::uint64_t>();
    if (body.failed() || depth > body.size() / sizeof(std::uint64_t)) return false;
    call_stack stack(depth);
    for (auto& pc : stack) pc = body.take<std::uint64_t>();
    into.stacks.push_back(std::move(stack));
  }
  return true;
}

bool read_samples(reader body, raw_cpu_profile& into) {
  if (body.size() % sizeof(packed_sample) != 0) return false;
  into.samples.reserve(body.size() / sizeof(packed_sample));
  while (!body.empty()) {
    auto const s = body.take<packed_sample>();
    into.samples.push_back({s.time_ns, s.stack, s.label, s.overruns});
  }
  return true;
}

bool read_text(reader body, std::string& into) {
  into = body.take_bytes(body.size());
  return true;
}

// A section of an unknown tag is skipped: a later writer of this version may add one.
bool read_section(tag which, std::string_view bytes, raw_cpu_profile& into) {
  reader const body{bytes};
  switch (which) {
    case tag::end:
      return bytes.empty();
    case tag::header:
      return read_header(body, into);
    case tag::executable:
      return read_text(body, into.executable);
    case tag::build_id:
      return read_text(body, into.build_id);
    case tag::maps:
      return read_text(body, into.maps);
    case tag::labels:
      return read_labels(body, into);
    case tag::stacks:
      return read_stacks(body, into);
    case tag::samples:
      return read_samples(body, into);
    case tag::native:
      return read_text(body, into.native);
  }
  return true;
}

// Every index names something, and time does not run backwards.
bool is_consistent(raw_cpu_profile const& p) {
  if (p.period.count() <= 0 || p.labels.empty() || !p.labels.front().empty()) return false;
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
  std::string head{magic};
  append(head, raw_version);
  append(head, std::uint32_t{0});
  out.write(head.data(), static_cast<std::streamsize>(head.size()));
  write_section(out, tag::header, header_body(profile));
  write_section(out, tag::executable, profile.executable);
  write_section(out, tag::build_id, profile.build_id);
  write_section(out, tag::maps, profile.maps);
  write_section(out, tag::labels, labels_body(profile));
  write_section(out, tag::stacks, stacks_body(profile));
  write_section(out, tag::samples, samples_body(profile));
  write_section(out, tag::native, profile.native);
  write_section(out, tag::end, {});
}

result<raw_cpu_profile> read_raw(std::string_view bytes) {
  reader file{bytes};
  if (file.take_bytes(magic.size()) != magic) return errc::not_a_raw_capture;
  auto const version = file.take<std::uint32_t>();
  file.take<std::uint32_t>();
  if (file.failed()) return errc::raw_truncated;
  if (version != raw_version) return errc::unknown_raw_version;

  raw_cpu_profile profile;
  for (auto which = tag::header; which != tag::end;) {
    which = static_cast<tag>(file.take<std::uint32_t>());
    file.take<std::uint32_t>();
    auto const body = file.take_bytes(file.take<std::uint64_t>());
    if (file.failed()) return errc::raw_truncated;
    if (!read_section(which, body, profile)) return errc::raw_malformed;
  }
  if (!file.empty() || !is_consistent(profile)) return errc::raw_malformed;
  return profile;
}

}  // namespace loopscope::model
