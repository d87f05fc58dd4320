#include <loopscope/model/raw_heap.hpp>

#include <ostream>
#include <utility>

namespace loopscope::model {

namespace {

struct packed_head {
  std::uint64_t taken_unix_ns;
  std::uint64_t period;
  std::uint64_t sampled;
};

void append_text(std::string& to, std::string_view text) {
  append_bytes(to, std::uint64_t{text.size()});
  to += text;
}

std::string texts_body(std::vector<std::string> const& texts) {
  std::string body;
  for (auto const& each : texts) append_text(body, each);
  return body;
}

std::string stacks_body(raw_heap const& heap) {
  std::string body;
  for (auto const& each : heap.stacks) {
    append_bytes(body, std::uint64_t{each.pcs.size()});
    append_bytes(body, each.objects);
    append_bytes(body, each.bytes);
    for (auto const pc : each.pcs) append_bytes(body, pc);
  }
  return body;
}

std::string samples_body(raw_heap const& heap) {
  std::string body;
  for (auto const& each : heap.samples) append_bytes(body, each);
  return body;
}

bool read_head(byte_reader body, raw_heap& into) {
  auto const head = body.take<packed_head>();
  into.taken_unix_ns = head.taken_unix_ns;
  into.period = head.period;
  into.sampled = head.sampled != 0;
  return !body.failed() && body.empty() && head.sampled <= 1;
}

bool read_texts(byte_reader body, std::vector<std::string>& into) {
  while (!body.empty() && !body.failed())
    into.emplace_back(body.take_bytes(body.take<std::uint64_t>()));
  return !body.failed();
}

bool read_types(byte_reader body, raw_heap& into) {
  while (!body.empty() && !body.failed()) {
    raw_heap_type type;
    auto const kind = body.take<std::uint32_t>();
    auto const size = body.take<std::uint32_t>();
    type.address = body.take<std::uint64_t>();
    type.name = body.take_bytes(size);
    if (kind > static_cast<std::uint32_t>(type_kind::coroutine)) return false;
    type.kind = static_cast<type_kind>(kind);
    into.types.push_back(std::move(type));
  }
  return !body.failed();
}

bool read_stacks(byte_reader body, raw_heap& into) {
  while (!body.empty()) {
    raw_heap_stack stack;
    auto const depth = body.take<std::uint64_t>();
    stack.objects = body.take<std::uint64_t>();
    stack.bytes = body.take<std::uint64_t>();
    if (body.failed() || depth > body.size() / sizeof(std::uint64_t)) return false;
    stack.pcs.resize(depth);
    for (auto& pc : stack.pcs) pc = body.take<std::uint64_t>();
    into.stacks.push_back(std::move(stack));
  }
  return true;
}

bool read_samples(byte_reader body, raw_heap& into) {
  if (body.size() % sizeof(raw_heap_sample) != 0) return false;
  while (!body.empty()) into.samples.push_back(body.take<raw_heap_sample>());
  return true;
}

bool read_scan(byte_reader body, raw_heap& into) {
  into.scan = body.take<raw_heap_scan>();
  return !body.failed() && body.empty();
}

template <class Record>
bool keep(std::string_view bytes, std::vector<std::string_view>& into) {
  into.push_back(bytes);
  return bytes.size() % sizeof(Record) == 0;
}

// A section of an unknown tag is skipped.
bool read_section(section_reader::section const& from, heap_sections& into) {
  byte_reader const body{from.bytes};
  auto& heap = into.heap;
  switch (static_cast<heap_tag>(from.tag)) {
    case heap_tag::mark:
      return body.empty();
    case heap_tag::head:
      return read_head(body, heap);
    case heap_tag::nodes:
      into.node_count += body.size() / sizeof(raw_heap_node);
      return keep<raw_heap_node>(from.bytes, into.nodes);
    case heap_tag::edges:
      return keep<raw_heap_edge>(from.bytes, into.edges);
    case heap_tag::roots:
      return keep<raw_heap_root>(from.bytes, into.roots);
    case heap_tag::types:
      return read_types(body, heap);
    case heap_tag::scan:
      return read_scan(body, heap);
    case heap_tag::registered_roots:
      return read_texts(body, heap.registered_roots);
    case heap_tag::threads:
      return read_texts(body, heap.threads);
    case heap_tag::stacks:
      return read_stacks(body, heap);
    case heap_tag::samples:
      return read_samples(body, heap);
    case heap_tag::gperftools:
      heap.gperftools = from.bytes;
      return true;
    case heap_tag::process:
      heap.process = from.bytes;
      return true;
  }
  return read_image_section(from, heap.image);
}

bool is_weight(double weight) {
  return weight >= 1 && weight < 1e12;
}

bool has_known_holder(raw_heap_root const& root, raw_heap const& heap) {
  switch (root.kind) {
    case root_kind::registered:
      return root.holder < heap.registered_roots.size();
    case root_kind::statics:
      return true;
    case root_kind::stack:
      return root.holder < heap.threads.size();
  }
  return false;
}

// Every index names something.
bool is_consistent(heap_sections const& read) {
  constexpr std::uint64_t most_nodes = 0x3fffffff;  // and ids
  auto const& heap = read.heap;
  if (read.node_count > most_nodes) return false;
  bool ok = true;
  for_each_record<raw_heap_node>(read.nodes, [&](raw_heap_node const& each) {
    ok = ok && each.id != 0 && each.id <= most_nodes && each.type <= heap.types.size() &&
         each.stack <= heap.stacks.size();
  });
  std::uint32_t before = 0;
  for_each_record<raw_heap_edge>(read.edges, [&](raw_heap_edge const& each) {
    ok = ok && each.from >= before && each.from < read.node_count && each.to < read.node_count;
    before = each.from;
  });
  for_each_record<raw_heap_root>(read.roots, [&](raw_heap_root const& each) {
    ok = ok && each.to < read.node_count && has_known_holder(each, heap);
  });
  for (auto const& each : heap.samples)
    ok = ok && is_weight(each.weight) && each.stack <= heap.stacks.size();
  return ok;
}

}  // namespace

bool is_raw_heap(std::string_view bytes) {
  auto file = section_reader::open(bytes);
  if (!file) return false;
  auto const first = file->next();
  return first && first->tag == static_cast<std::uint32_t>(heap_tag::mark);
}

void write_raw_heap_tail(std::ostream& out, raw_heap const& heap) {
  auto file = section_writer::resume(out);
  auto const write = [&](heap_tag which, std::string_view bytes) {
    file.section(static_cast<std::uint32_t>(which), bytes);
  };
  std::string head;
  append_bytes(head, packed_head{heap.taken_unix_ns, heap.period, heap.sampled ? 1U : 0U});
  write(heap_tag::head, head);
  write(heap_tag::process, heap.process);
  write_image(file, heap.image);
  write(heap_tag::registered_roots, texts_body(heap.registered_roots));
  write(heap_tag::threads, texts_body(heap.threads));
  write(heap_tag::stacks, stacks_body(heap));
  write(heap_tag::samples, samples_body(heap));
  write(heap_tag::gperftools, heap.gperftools);
  file.finish();
}

result<heap_sections> read_raw_heap(std::string_view bytes) {
  auto file = section_reader::open(bytes);
  if (!file) return file.error();
  heap_sections read;
  while (true) {
    auto const section = file->next();
    if (!section) return section.error();
    if (section->tag == 0) break;
    if (!read_section(*section, read)) return errc::raw_malformed;
  }
  if (!is_consistent(read)) return errc::raw_malformed;
  return read;
}

}  // namespace loopscope::model
