#pragma once

#include <loopscope/model/raw_heap.hpp>
#include <loopscope/model/section_file.hpp>

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::test {

/// A heap capture as the scan and the service write it together.
struct made_heap {
  std::vector<model::raw_heap_node> nodes;
  std::vector<model::raw_heap_edge> edges;
  std::vector<model::raw_heap_root> roots;
  model::raw_heap rest;

  /// \param of_section  records in a section of nodes or edges.
  [[nodiscard]] std::string bytes(std::size_t of_section = 1000) const {
    std::ostringstream out;
    model::section_writer file{out};
    write(file, model::heap_tag::mark, {});
    write_all(file, model::heap_tag::nodes, nodes, of_section);
    write(file, model::heap_tag::types, types());
    write_all(file, model::heap_tag::edges, edges, of_section);
    write_all(file, model::heap_tag::roots, roots, of_section);
    std::string scan;
    model::append_bytes(scan, rest.scan);
    write(file, model::heap_tag::scan, scan);
    model::write_raw_heap_tail(out, rest);
    return out.str();
  }

 private:
  static void write(model::section_writer& to, model::heap_tag tag, std::string_view body) {
    to.section(static_cast<std::uint32_t>(tag), body);
  }

  template <class Record>
  static void write_all(model::section_writer& to, model::heap_tag tag,
                        std::vector<Record> const& all, std::size_t of_section) {
    std::string body;
    for (std::size_t i = 0; i < all.size(); ++i) {
      model::append_bytes(body, all[i]);
      if ((i + 1) % of_section != 0 && i + 1 != all.size()) continue;
      write(to, tag, body);
      body.clear();
    }
  }

  [[nodiscard]] std::string types() const {
    std::string body;
    for (auto const& each : rest.types) {
      model::append_bytes(body, each.kind);
      model::append_bytes(body, static_cast<std::uint32_t>(each.name.size()));
      model::append_bytes(body, each.address);
      body += each.name;
    }
    return body;
  }
};

/// Two blocks that a named root and a static variable hold, one of them by a third, and a ring of
/// two that nothing leads to:
///
///     cache -> 0 -> 1     g_list -> 2     3 <-> 4
inline made_heap small_heap() {
  made_heap made;
  made.nodes = {{100, 11, 1, 0, 0},
                {64 << 20, 12, 2, 0, 0},
                {24, 13, 1, 1, 0},
                {48, 14, 0, 2, 0},
                {32, 15, 0, 0, 0}};
  made.edges = {{0, 1, 3}, {3, 4, 0}, {4, 3, 1}};
  made.roots = {{model::root_kind::registered, 0, 0x1000, 0, 0},
                {model::root_kind::statics, 0, 0x5010, 2, 0},
                {model::root_kind::stack, 0, 0x7000, 0, 0}};
  auto& rest = made.rest;
  rest.process = "0123456789abcdef";
  rest.taken_unix_ns = 1'767'323'045'000'000'000;
  rest.image.executable = "/srv/bin/lab";
  rest.image.maps = "1000-9000 r-xp 00001000 fe:00 1 /srv/bin/lab\n";
  rest.registered_roots = {"Cache.entries"};
  rest.threads = {"thread 7 lab"};
  rest.types = {{model::type_kind::polymorphic, 0x2000, "N3lab7sessionE"},
                {model::type_kind::coroutine, 0x1234, ""}};
  rest.stacks = {{5, 500, {0x1100, 0x1200}}, {1, 64 << 20, {0x1300}}};
  rest.scan = {(64 << 20) + 204, (64 << 20) + 204, 3, 3};
  rest.gperftools = "heap profile";
  return made;
}

}  // namespace loopscope::test
