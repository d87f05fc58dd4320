"""A strict check of the .heapsnapshot that this project writes.

It wants more than DevTools does, which stops at a wrong key order but shows nonsense for the rest.
"""

from __future__ import annotations

import collections
import json
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

NODE_FIELDS = "type name id self_size edge_count trace_node_id detachedness"
EDGE_FIELDS = "type name_or_index to_node"
KINDS = [
    *("hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native"),
    *("synthetic", "concatenated string", "sliced string", "symbol", "bigint", "object shape"),
]
EDGE_KINDS = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"]
META = {
    "node_fields": NODE_FIELDS.split(),
    "node_types": [KINDS, "string", "number", "number", "number", "number", "number"],
    "edge_fields": EDGE_FIELDS.split(),
    "edge_types": [EDGE_KINDS, "string_or_number", "node"],
    "trace_function_info_fields": "function_id name script_name script_id line column".split(),
    "trace_node_fields": "id function_info_index count size children".split(),
    "sample_fields": "timestamp_us last_assigned_id".split(),
    "location_fields": "object_index script_id line column".split(),
}
INTEGERS = ("nodes", "edges", "trace_function_infos", "samples", "locations")
ARRAYS = ("nodes", "edges", "trace_function_infos", "trace_tree", "samples", "locations", "strings")
COUNTS = ("node_count", "edge_count", "trace_function_count")
SYNTHETIC, NATIVE = KINDS.index("synthetic"), KINDS.index("native")
ELEMENT, PROPERTY, HIDDEN, WEAK = map(EDGE_KINDS.index, ("element", "property", "hidden", "weak"))
PARTS = ("(Registered roots)", "(Static storage)", "(Stacks)", "(Unreached: leaked or hidden)")
LIMIT = 2**32  # DevTools keeps nodes and edges in a Uint32Array: larger numbers would wrap
SMALL = 512  # bytes; in larger objects edges are elements
WORD = 8
OFFSET = re.compile(r"\+(0|[1-9]\d*)")


def problems(path: pathlib.Path) -> list[str]:
    """What is wrong with the file, in words; empty if nothing is."""
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = collections.Counter(key for key, _ in pairs)
        repeated.extend(f"key {key} is repeated" for key, count in counts.items() if count > 1)
        return dict(pairs)

    try:
        data = json.loads(path.read_bytes().decode(), object_pairs_hook=members)
    except ValueError as error:
        return [f"not JSON in UTF-8: {error}"]
    return repeated or list(_frame(data)) or list(_Tables(data).problems())


def _frame(data: Any) -> Iterator[str]:
    """What has to be right before the tables can be read at all."""
    if not isinstance(data, dict) or list(data) != ["snapshot", *ARRAYS]:
        yield f"keys in the wrong order: {list(data)}"
        return
    snapshot = data["snapshot"]
    if list(snapshot) != ["meta", *COUNTS, "process"]:
        yield f"keys of snapshot in the wrong order: {list(snapshot)}"
        return
    if not re.fullmatch("[0-9a-f]{16}", str(snapshot["process"])):
        yield f"no process: {snapshot['process']}"
    meta = snapshot["meta"]
    if json.dumps(meta) != json.dumps(META):
        wrong = [key for key in META if meta.get(key) != META[key]]
        yield f"meta differs: {wrong or list(meta)}"
        return
    counts = [snapshot[name] for name in COUNTS]
    for name, count, width in zip(("nodes", "edges", "trace_function_infos"), counts, (7, 3, 6)):
        if len(data[name]) != count * width:
            yield f"{len(data[name])} numbers in {name}, not {count} * {width}"
    for name, width in (("trace_tree", 5), ("samples", 2), ("locations", 4)):
        if len(data[name]) % width:
            yield f"{name} has a broken row"
    if not data["nodes"]:
        yield "no nodes"
    for name in INTEGERS:
        wrong = (each for each in data[name] if type(each) is not int or not 0 <= each < LIMIT)
        yield from _some(f"{name} has numbers out of range", wrong)
    yield from _some("not a string", (each for each in data["strings"] if type(each) is not str))


def _some(what: str, cases: Iterable[Any]) -> Iterator[str]:
    """One problem for all cases, with the first few."""
    found = list(cases)
    if found:
        more = ", ..." if len(found) > 3 else ""
        yield f"{what}: {', '.join(str(each) for each in found[:3])}{more} ({len(found)})"


def _repeated(values: Iterable[Any]) -> list[Any]:
    return [value for value, count in collections.Counter(values).items() if count > 1]


class _Tables:
    """The rows of a file whose frame is right; nodes are told by their number."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.strings: list[str] = data["strings"]
        nodes, edges = data["nodes"], data["edges"]
        self.types, self.names, self.ids, self.sizes = (nodes[at::7] for at in range(4))
        self.counts, self.traces, self.detached = (nodes[at::7] for at in range(4, 7))
        self.edge_types, self.edge_names, self.targets = (edges[at::3] for at in range(3))
        infos = data["trace_function_infos"]
        self.infos = [infos[at : at + 6] for at in range(0, len(infos), 6)]

    def problems(self) -> Iterator[str]:
        found = [*self.nodes(), *self.edges(), *self.names_of_functions(), *self.tree()]
        found += [*self.locations(), *_some("repeated strings", _repeated(self.strings))]
        yield from found
        if not found:  # the graph can be walked
            yield from self.roots()
            yield from self.reach()
            yield from self.fields()

    def nodes(self) -> Iterator[str]:
        yield from _some("node types unknown", (t for t in self.types if t >= len(KINDS)))
        yield from self.no_string("nodes", self.names)
        yield from _some("even ids", (number for number in self.ids if number % 2 == 0))
        yield from _some("repeated ids", _repeated(self.ids))
        yield from _some("detached nodes", (i for i, each in enumerate(self.detached) if each))
        if sum(self.counts) != len(self.targets):
            yield f"nodes have {sum(self.counts)} edges, but there are {len(self.targets)}"

    def edges(self) -> Iterator[str]:
        kinds, end = self.edge_types, len(self.data["nodes"])
        yield from _some("edge types unknown", (kind for kind in kinds if kind >= len(EDGE_KINDS)))
        by_name = (n for kind, n in zip(kinds, self.edge_names) if kind not in (ELEMENT, HIDDEN))
        yield from self.no_string("edges", by_name)
        nowhere = (to for to in self.targets if to % 7 or to >= end)
        yield from _some("edges lead to no node", nowhere)
        yield from _some("edges lead to the root", (to for to in self.targets if to == 0))

    def no_string(self, what: str, indexes: Iterable[int]) -> Iterator[str]:
        wrong = (index for index in indexes if index >= len(self.strings))
        yield from _some(f"{what} name strings that are not there", wrong)

    def names_of_functions(self) -> Iterator[str]:
        used = (index for info in self.infos for index in info[1:3])
        yield from self.no_string("functions", used)
        yield from _some("repeated function ids", _repeated(info[0] for info in self.infos))

    def tree(self) -> Iterator[str]:
        rows: list[list[Any]] = []
        rest = [self.data["trace_tree"]]
        while rest:
            siblings = rest.pop()
            if type(siblings) is not list or len(siblings) % 5:
                yield f"trace_tree has a broken row: {siblings!r:.80}"
                return
            rows += (siblings[at : at + 5] for at in range(0, len(siblings), 5))
            rest += (siblings[at + 4] for at in range(0, len(siblings), 5))
        if len(self.data["trace_tree"]) != (5 if self.infos else 0):
            yield "trace_tree needs one root, and none without functions"
        numbers = {row[0]: row for row in rows}
        wrong = (n for row in rows for n in row[:4] if type(n) is not int or not 0 <= n < 2**53)
        yield from _some("trace_tree has numbers out of range", wrong)
        yield from _some("repeated trace nodes", _repeated(row[0] for row in rows))
        yield from _some("trace nodes numbered 0", (row for row in rows if row[0] == 0))
        nameless = (row[0] for row in rows if row[1] >= len(self.infos))
        yield from _some("trace nodes without a function", nameless)
        unknown = (trace for trace in self.traces if trace and trace not in numbers)
        yield from _some("nodes with an unknown trace", unknown)
        yield from self.allocated(numbers)

    def allocated(self, numbers: dict[int, list[Any]]) -> Iterator[str]:
        """DevTools shows what lives as a part of what a trace node has allocated."""
        count, size = collections.Counter(), collections.Counter()
        for trace, own in zip(self.traces, self.sizes):
            count[trace] += 1
            size[trace] += own
        less = (
            number
            for number, row in numbers.items()
            if row[2] < count[number] or row[3] < size[number]
        )
        yield from _some("trace nodes that have less than lives", less)

    def locations(self) -> Iterator[str]:
        table = self.data["locations"]
        objects, end = table[0::4], len(self.data["nodes"])
        yield from _some("locations of no node", (at for at in objects if at % 7 or at >= end))
        yield from _some("repeated locations", _repeated(objects))
        scripts = {info[3] for info in self.infos}
        unknown = (script for script in table[1::4] if script not in scripts)
        yield from _some("locations in unknown scripts", unknown)

    def children(self) -> list[list[int]]:
        """Edges of each node, by their number."""
        found, begin = [], 0
        for count in self.counts:
            found.append(list(range(begin, begin + count)))
            begin += count
        return found

    def name(self, node: int) -> str:
        return self.strings[self.names[node]]

    def roots(self) -> Iterator[str]:
        edges = self.children()
        below = [[self.targets[edge] // 7 for edge in each] for each in edges]
        if (self.types[0], self.name(0), self.ids[0]) != (SYNTHETIC, "", 1):
            yield "node 0 is not the synthetic root with id 1"
        holders = [n for n in below[0] if self.name(n) == "(GC roots)" and self.ids[n] == 3]
        if len(holders) != 1:
            yield "the root does not lead to (GC roots) with id 3"
            return
        parts = {self.name(node): node for node in below[holders[0]]}
        if sorted(parts) != sorted(PARTS):
            yield f"(GC roots) leads to {sorted(parts)}"
        roots = [0, *holders, *parts.values()]
        wrong = (n for n in roots if self.types[n] != SYNTHETIC or self.sizes[n])
        yield from _some("roots that are not synthetic or have a size", map(self.name, wrong))

    def reach(self) -> Iterator[str]:
        edges = self.children()
        seen, rest = {0}, [0]
        while rest:
            for edge in edges[rest.pop()]:
                to = self.targets[edge] // 7
                if to not in seen and self.edge_types[edge] != WEAK:
                    seen.add(to)
                    rest.append(to)
        unseen = (self.name(node) for node in range(len(self.ids)) if node not in seen)
        yield from _some("nodes that the root does not reach", unseen)

    def fields(self) -> Iterator[str]:
        """Edges of a heap object tell where in it the pointer lies; what has no size is a root."""
        wrong = []
        for node, edges in enumerate(self.children()):
            if self.types[node] == NATIVE and self.sizes[node] > 0:
                wrong += (self.edge_text(node, edge) for edge in edges if not self.fits(node, edge))
        yield from _some("edges that lie in no word of their object", wrong)

    def fits(self, node: int, edge: int) -> bool:
        kind, name = self.edge_types[edge], self.edge_names[edge]
        if self.sizes[node] > SMALL and kind != WEAK:
            return kind == ELEMENT and WORD * (name + 1) <= self.sizes[node]
        offset = OFFSET.fullmatch(self.strings[name]) if kind in (PROPERTY, WEAK) else None
        return (
            offset is not None
            and int(offset[1]) % WORD == 0
            and int(offset[1]) + WORD <= self.sizes[node]
        )

    def edge_text(self, node: int, edge: int) -> str:
        kind, name = self.edge_types[edge], self.edge_names[edge]
        shown = name if kind in (ELEMENT, HIDDEN) else self.strings[name]
        return f"{EDGE_KINDS[kind]} {shown} of {self.name(node)}"
