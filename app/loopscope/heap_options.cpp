#include "heap_options.hpp"

#include "options.hpp"

#include <cstddef>
#include <cstdint>

namespace loopscope::tool {

namespace {

constexpr auto heap_footer =
    R"(FILE is a .heapsnapshot, of loopscope or of V8 (Node, Chrome). Exit code: 0, 1 if a file
cannot be read or nothing in it is what was asked for, 2 for a wrong call, 4 if the files to compare
are of different processes.

Retained is what would be freed with an object: itself, and all that nothing else holds. Weak
references hold nothing. Roots and groups of them are no objects.)";

constexpr auto by_help =
    "type or site: the function that allocated, if the\n"
    "snapshot has allocation stacks; default: type";

constexpr auto folded_help =
    "the allocation stacks that have more bytes now,\n"
    "with how many, for flame graphs; all of them";

constexpr auto retainers_footer =
    R"(Each row has objects that are held in the same way: from what holds them directly to the
first root, on the shortest path. Objects with several holders count in several rows. `A.b` holds by
its property b; `A (chain)` is several A in a row, as in a list.)";

constexpr auto dominators_footer =
    R"(Below each object stands what it alone keeps alive. The rows are the N largest, and all that
hold them. The share is that of all bytes that the roots reach.)";

CLI::App& add_command(CLI::App& heap, std::string const& name, std::string const& description,
                      heap_words& to) {
  auto& command = *heap.add_subcommand(name, description);
  command.callback([&to, name] { to.command = name; });
  command.add_flag("--json", to.json, "one line of JSON, with bytes as they are");
  return command;
}

void add_limit(CLI::App& command, heap_words& to, std::string const& of, std::string const& usual) {
  add_once(command, "--limit", to.limit, "most " + of + ", 0: all; default: " + usual)
      ->option_text("N");
}

void add_by(CLI::App& command, heap_words& to) {
  add_once(command, "--by", to.by, by_help)->option_text("WHAT");
}

void add_file(CLI::App& command, std::string const& name, std::string& to,
              std::string const& description) {
  add_once(command, name, to, description)->required()->option_text(" ");
}

void add_top(CLI::App& heap, heap_words& to) {
  auto& top = add_command(heap, "top", "The objects by type or allocation site.", to);
  add_file(top, "FILE", to.file, "the snapshot");
  add_by(top, to);
  add_limit(top, to, "rows", "30");
}

void add_diff(CLI::App& heap, heap_words& to) {
  auto& diff = add_command(heap, "diff", "What came and went between two snapshots.", to);
  diff.footer("Objects are told apart by their ids, which have to be of one process.");
  add_file(diff, "FROM", to.file, "the earlier snapshot");
  add_file(diff, "TO", to.later_file, "the later one");
  add_by(diff, to);
  add_limit(diff, to, "rows", "30");
  diff.add_flag("--folded", to.folded, folded_help);
}

void add_retainers(CLI::App& heap, heap_words& to) {
  auto& retainers = add_command(heap, "retainers", "What holds objects, up to a root.", to);
  retainers.footer(retainers_footer);
  add_file(retainers, "FILE", to.file, "the snapshot");
  add_once(retainers, "--type", to.type, "objects of this type, as top shows it")
      ->option_text("NAME");
  add_once(retainers, "--id", to.id, "the object with this id")->option_text("ID");
  add_limit(retainers, to, "rows", "20");
}

void add_dominators(CLI::App& heap, heap_words& to) {
  auto& dominators = add_command(heap, "dominators", "Who keeps what alive, as a tree.", to);
  dominators.footer(dominators_footer);
  add_file(dominators, "FILE", to.file, "the snapshot");
  add_once(dominators, "--depth", to.depth, "most levels, 0: all; default: 10")->option_text("N");
  add_limit(dominators, to, "rows", "30");
}

heap_diff_arguments checked_diff(heap_words const& given, heap_graph::group_by by,
                                 std::size_t limit) {
  if (given.json && !given.by.empty()) throw usage_error{"--json has types and sites: no --by"};
  if (!given.folded)
    return {given.file, given.later_file, by, limit,
            given.json ? heap_diff_form::json : heap_diff_form::table};
  if (given.json) throw usage_error{"--folded and --json: only one of them"};
  if (!given.by.empty()) throw usage_error{"--folded has stacks: no --by"};
  if (!given.limit.empty()) throw usage_error{"--folded has all stacks: no --limit"};
  return {given.file, given.later_file, by, limit, heap_diff_form::folded};
}

heap_retainers_arguments checked_retainers(heap_words const& given, std::size_t limit) {
  if (given.type.empty() == given.id.empty())
    throw usage_error{"heap retainers: --type NAME or --id ID is needed, and only one of them"};
  heap_retainers_arguments asked{given.file, given.type, {}, limit, given.json};
  if (!given.id.empty()) asked.id = parse_number<std::uint32_t>("--id", given.id, 0);
  return asked;
}

}  // namespace

void add_heap(CLI::App& program, heap_words& to) {
  auto& heap = *program.add_subcommand("heap", "Shows what is in heap snapshots.");
  heap.require_subcommand(1);
  heap.footer(heap_footer);
  add_top(heap, to);
  add_diff(heap, to);
  add_retainers(heap, to);
  add_dominators(heap, to);
}

arguments checked(heap_words const& given) {
  using heap_graph::group_by;
  auto const by = parse_style("--by", given.by, group_by::type, group_by::site);
  auto const limit =
      parse_number<std::size_t>("--limit", given.limit, given.command == "retainers" ? 20 : 30);
  if (given.command == "top") return heap_top_arguments{given.file, by, limit, given.json};
  if (given.command == "diff") return checked_diff(given, by, limit);
  if (given.command == "retainers") return checked_retainers(given, limit);
  auto const depth = parse_number<std::uint32_t>("--depth", given.depth, 10);
  return heap_dominators_arguments{given.file, depth, limit, given.json};
}

}  // namespace loopscope::tool
