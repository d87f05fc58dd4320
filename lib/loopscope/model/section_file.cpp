#include <loopscope/model/section_file.hpp>

#include <bit>
#include <ostream>

namespace loopscope::model {

static_assert(std::endian::native == std::endian::little, "raw files are little-endian");

namespace {

constexpr std::string_view magic = "LOOPSRAW";
constexpr std::uint32_t last_tag = 0;

void write(std::ostream& out, std::string_view bytes) {
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

section_writer::section_writer(std::ostream& out) : out_{out} {
  std::string head{magic};
  append_bytes(head, raw_version);
  append_bytes(head, std::uint32_t{0});
  write(out_, head);
}

void section_writer::section(std::uint32_t tag, std::string_view bytes) {
  std::string head;
  append_bytes(head, tag);
  append_bytes(head, std::uint32_t{0});
  append_bytes(head, std::uint64_t{bytes.size()});
  write(out_, head);
  write(out_, bytes);
}

void section_writer::finish() {
  section(last_tag, {});
}

result<section_reader> section_reader::open(std::string_view bytes) {
  byte_reader file{bytes};
  if (file.take_bytes(magic.size()) != magic) return errc::not_a_raw_capture;
  auto const version = file.take<std::uint32_t>();
  file.take<std::uint32_t>();
  if (file.failed()) return errc::raw_truncated;
  if (version != raw_version) return errc::unknown_raw_version;
  return section_reader{bytes.substr(bytes.size() - file.size())};
}

result<section_reader::section> section_reader::next() {
  byte_reader file{rest_};
  auto const tag = file.take<std::uint32_t>();
  file.take<std::uint32_t>();
  auto const bytes = file.take_bytes(file.take<std::uint64_t>());
  if (file.failed()) return errc::raw_truncated;
  rest_.remove_prefix(rest_.size() - file.size());
  if (tag == last_tag && !(bytes.empty() && rest_.empty())) return errc::raw_malformed;
  return section{tag, bytes};
}

}  // namespace loopscope::model
