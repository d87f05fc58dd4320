"""Heap files made by hand, in exactly the form of the encoder's, for the tests of their readers.

usage: made_snapshot.py DIRECTORY
Writes before.heapsnapshot, after.heapsnapshot and made.heapprofile there.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import sys
from typing import Any

from heapsnapshot import Frame
from heapsnapshot_format import EDGE_KINDS, KINDS, META, NATIVE, PARTS, SMALL, SYNTHETIC, WORD

MIB = 1 << 20
HANDLERS = "/src/app/profiling_lab/handlers.cpp"
LEAK = "/src/app/profiling_lab/leak.cpp"
CACHE = "/src/app/profiling_lab/cache.cpp"
MAIN = Frame("main", "/src/app/profiling_lab/main.cpp", 20, 1)
RETAIN = Frame("lab::leak::retain", LEAK, 57, 5)  # where the buffers are allocated
STACK_OF_LEAK = (MAIN, Frame("lab::leak_handler::operator()", HANDLERS, 31, 10), RETAIN)
STACK_OF_CACHE = (MAIN, Frame("lab::cache::insert", CACHE, 12, 3))

BUFFERS = "LabService.retainedBuffers"
BUFFER = "lab::retained_buffer"
BYTES = "lab::leak::retain (leak.cpp:57)"
VECTOR = "std::unique_ptr<lab::retained_buffer>[]"
ENTRY = "std::_Rb_tree_node<std::pair<int const, lab::product>>"
CHAIN = "session::run() [coroutine]"
READ_BUFFER = "char[]"
LOST = "lab::lost_order"


@dataclasses.dataclass
class Node:
    kind: int
    name: str
    number: int  # the id
    size: int = 0
    trace: int = 0
    at: Frame | None = None
    edges: list[tuple[int, str | int, Node]] = dataclasses.field(default_factory=list)


class MadeSnapshot:
    """Roots first, then objects in the order of their allocation."""

    def __init__(self) -> None:
        self.root = Node(SYNTHETIC, "", 1)
        self.nodes = [self.root]
        self.functions: dict[tuple[str, str], tuple[int, Frame]] = {}
        self.tree = self._trace_node(Frame("(root)", "", 0, 0))
        self.traces = {(): self.tree}
        self.scripts: dict[str, int] = {}
        holder = self.part(self.root, "(GC roots)")
        self.registered, self.statics, self.stacks, self.unreached = (
            self.part(holder, name) for name in PARTS
        )

    def part(self, parent: Node, name: str) -> Node:
        """A synthetic node; its ids are the first ones."""
        node = Node(SYNTHETIC, name, 2 * len(self.nodes) + 1)
        self.nodes.append(node)
        self.link(parent, node, len(parent.edges) + 1)
        return node

    def named_root(self, parent: Node, name: str) -> Node:
        node = self.part(parent, name)
        parent.edges[-1] = (EDGE_KINDS.index("property"), name, node)
        return node

    def object(self, number: int, name: str, size: int, stack: tuple[Frame, ...] = ()) -> Node:
        node = Node(NATIVE, name, number, size, at=stack[-1] if stack else None)
        for depth in range(1, len(stack) + 1):
            if stack[:depth] not in self.traces:
                trace = self.traces[stack[:depth]] = self._trace_node(stack[depth - 1])
                self.traces[stack[: depth - 1]][4].append(trace)
        if stack:
            trace = self.traces[stack]
            node.trace, trace[2], trace[3] = trace[0], trace[2] + 1, trace[3] + size
        self.nodes.append(node)
        return node

    def point(self, holder: Node, offset: int, to: Node) -> None:
        """A pointer at that offset of a heap object."""
        self.link(holder, to, f"+{offset}" if holder.size <= SMALL else offset // WORD)

    def link(self, parent: Node, child: Node, edge: str | int) -> None:
        kind = EDGE_KINDS.index("property" if isinstance(edge, str) else "element")
        parent.edges.append((kind, edge, child))

    def _trace_node(self, frame: Frame) -> list[Any]:
        key = (frame.function, frame.file)
        index, _ = self.functions.setdefault(key, (len(self.functions), frame))
        self._last_trace = getattr(self, "_last_trace", 0) + 1
        return [self._last_trace, index, 0, 0, []]

    def _script(self, file: str) -> int:
        return self.scripts.setdefault(file, len(self.scripts) + 1) if file else 0

    def data(self) -> dict[str, Any]:
        strings: dict[str, int] = {}

        def text(value: str) -> int:
            return strings.setdefault(value, len(strings))

        index = {id(node): 7 * at for at, node in enumerate(self.nodes)}
        nodes, edges, infos, locations = [], [], [], []
        for number, frame in self.functions.values():
            names = (text(frame.function), text(frame.file), self._script(frame.file))
            infos += (number, *names, frame.line, frame.column)
        for node in self.nodes:
            nodes += (node.kind, text(node.name), node.number, node.size, len(node.edges))
            nodes += (node.trace, 0)
            for kind, edge, to in node.edges:
                edges += (kind, text(edge) if isinstance(edge, str) else edge, index[id(to)])
            if node.at:
                place = (self._script(node.at.file), node.at.line - 1, node.at.column - 1)
                locations += (index[id(node)], *place)
        snapshot = {
            "meta": META,
            "node_count": len(self.nodes),
            "edge_count": len(edges) // 3,
            "trace_function_count": len(self.functions),
            "process": "0123456789abcdef",
        }
        tables = {"nodes": nodes, "edges": edges, "trace_function_infos": infos}
        tables |= {"trace_tree": _flat([self.tree]), "samples": [], "locations": locations}
        return {"snapshot": snapshot, **tables, "strings": list(strings)}

    def write(self, path: pathlib.Path) -> pathlib.Path:
        path.write_text(json.dumps(self.data(), separators=(",", ":")))
        return path


def _flat(rows: list[list[Any]]) -> list[Any]:
    return [value for row in rows for value in (*row[:4], _flat(row[4]))]


def leaking(buffers: int, *, first: int = 0, cached: int = 10) -> MadeSnapshot:
    """A lab that keeps buffers of 1 MiB; `first` of them have gone. Ids go by what comes when."""
    made = MadeSnapshot()
    main = made.named_root(made.stacks, "main thread")
    named = made.named_root(made.registered, BUFFERS)
    symbol = made.named_root(made.statics, "g_cache")
    vector = made.object(1001, VECTOR, 8 * 128)
    made.link(named, vector, "+0")
    for place in range(buffers):
        number = 100_001 + 4 * (first + place)
        buffer = made.object(number, BUFFER, 48, STACK_OF_LEAK)
        payload = made.object(number + 2, BYTES, MIB, STACK_OF_LEAK)
        made.point(vector, 8 * place, buffer)
        made.point(buffer, 24, payload)
    above = symbol
    for place in range(cached):
        entry = made.object(2001 + 2 * place, ENTRY, 64, STACK_OF_CACHE)
        if above is symbol:
            made.link(symbol, entry, "+8")
        else:
            made.point(above, 24, entry)
            made.point(entry, 8, above)
        above = entry
    chain = made.object(3001, CHAIN, 320, (MAIN,))
    made.link(main, chain, "rsp+16")
    made.point(chain, 40, made.object(3003, READ_BUFFER, 4096, (MAIN,)))
    lost = made.object(4001, LOST, 200)
    made.link(made.unreached, lost, 1)
    return made


def heap_profile() -> dict[str, Any]:
    """As the sampling heap profiler's, of a lab that keeps three buffers."""

    def node(number: int, frame: Frame, size: int, children: list[Any]) -> dict[str, Any]:
        url = f"file://{frame.file}" if frame.file else ""
        call = {"functionName": frame.function, "scriptId": str(number), "url": url}
        call |= {"lineNumber": frame.line - 1, "columnNumber": frame.column - 1}
        return {"callFrame": call, "selfSize": size, "id": number, "children": children}

    main, handler, retain = STACK_OF_LEAK
    kept = node(4, retain, 3 * MIB, [])
    cached = node(5, STACK_OF_CACHE[1], 640, [])
    outer = node(2, main, 0, [node(3, handler, 1024, [kept]), cached])
    samples = [(MIB, 4), (MIB, 4), (1024, 3), (640, 5), (MIB, 4)]
    return {
        "head": node(1, Frame("(root)", "", 0, 0), 0, [outer]),
        "samples": [
            {"size": size, "nodeId": number, "ordinal": ordinal}
            for ordinal, (size, number) in enumerate(samples, 1)
        ],
    }


def write_all(directory: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    """Before: 3 buffers. After: the first of those has gone and 20 have come. And a profile."""
    profile = directory / "made.heapprofile"
    profile.write_text(json.dumps(heap_profile()))
    before = leaking(3).write(directory / "before.heapsnapshot")
    return before, leaking(22, first=1).write(directory / "after.heapsnapshot"), profile


if __name__ == "__main__":
    write_all(pathlib.Path(sys.argv[1]))
