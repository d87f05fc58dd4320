"""An independent reader of the .heapsnapshot format: objects, who retains whom and how much."""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from dominators import depth_first, dominators

# Edge types whose name_or_index is a number, not a string.
NUMBERED = ("element", "hidden")


@dataclasses.dataclass(frozen=True)
class Step:
    """An edge and the node at one of its ends: the child's, or the retainer's on a way up."""

    kind: str
    edge: str  # as shown: a name, or an index in brackets
    node: int


@dataclasses.dataclass(frozen=True)
class Frame:
    function: str
    file: str
    line: int  # 1-based, 0 where unknown
    column: int


@dataclasses.dataclass
class Difference:
    """What came and went of one class between two snapshots."""

    new: int = 0
    deleted: int = 0
    new_bytes: int = 0
    deleted_bytes: int = 0

    @property
    def delta(self) -> int:
        return self.new - self.deleted

    @property
    def delta_bytes(self) -> int:
        return self.new_bytes - self.deleted_bytes


class HeapSnapshot:
    """Nodes are told by their number, 0 is the root. Weak edges retain nothing and are left out."""

    def __init__(self, path: pathlib.Path) -> None:
        self.data: dict[str, Any] = json.loads(path.read_bytes())
        self.strings: list[str] = self.data["strings"]
        meta = self.data["snapshot"]["meta"]
        kinds = meta["node_types"][0]
        self._edge_kinds: list[str] = meta["edge_types"][0]
        nodes, fields = self.data["nodes"], meta["node_fields"]
        self.width = len(fields)

        def column(name: str) -> list[int]:
            return nodes[fields.index(name) :: self.width]

        self.types = [kinds[kind] for kind in column("type")]
        self.names = [self.strings[name] for name in column("name")]
        self.ids, self.sizes = column("id"), column("self_size")
        self.traces = column("trace_node_id")
        self._first_edges = [0]
        for count in column("edge_count"):
            self._first_edges.append(self._first_edges[-1] + count)
        self._edges = self.data["edges"]
        weak = self._edge_kinds.index("weak")
        self.children = [
            [
                self._edges[at + 2] // self.width
                for at in range(3 * begin, 3 * end, 3)
                if self._edges[at] != weak
            ]
            for begin, end in zip(self._first_edges, self._first_edges[1:])
        ]

    def __len__(self) -> int:
        return len(self.ids)

    def named(self, name: str) -> list[int]:
        """The nodes of that name; of a class, these are its objects."""
        return [node for node, each in enumerate(self.names) if each == name]

    def edges(self, node: int) -> Iterator[Step]:
        for at in range(3 * self._first_edges[node], 3 * self._first_edges[node + 1], 3):
            kind, name, to = self._edges[at : at + 3]
            if self._edge_kinds[kind] != "weak":
                numbered = self._edge_kinds[kind] in NUMBERED
                shown = f"[{name}]" if numbered else self.strings[name]
                yield Step(self._edge_kinds[kind], shown, to // self.width)

    def retainers(self, node: int) -> list[Step]:
        """In the order of nodes."""
        holders = [each for each, there in enumerate(self.children) if node in there]
        return [
            Step(edge.kind, edge.edge, each)
            for each in holders
            for edge in self.edges(each)
            if edge.node == node
        ]

    def search(self, begin: int = 0) -> dict[int, int]:
        """All that can be reached, breadth first: each node and the one it was found from."""
        found = {begin: begin}
        queue = collections.deque([begin])
        while queue:
            node = queue.popleft()
            for child in self.children[node]:
                if child not in found:
                    found[child] = node
                    queue.append(child)
        return found

    def path_to_root(self, node: int) -> list[Step]:
        """The shortest way up, as a person opens retainers: each edge and who holds it."""
        found, path = self.search(), []
        while node:
            holder = found[node]
            edge = next(each for each in self.edges(holder) if each.node == node)
            path.append(Step(edge.kind, edge.edge, holder))
            node = holder
        return path

    def retained(self) -> list[int]:
        """Bytes that would go with each node; 0 for what cannot be reached."""
        order, parents = depth_first(self.children)
        above = dominators(order, parents, self.children)
        sizes = [0] * len(self)
        for node in order:
            sizes[node] = self.sizes[node]
        for node in reversed(order[1:]):
            sizes[above[node]] += sizes[node]
        return sizes

    def stack(self, node: int) -> list[Frame]:
        """Where an object was allocated, innermost first; empty without a trace."""
        wanted, infos = self.traces[node], self.data["trace_function_infos"]
        open_nodes = [(self.data["trace_tree"], ())]
        while wanted and open_nodes:
            siblings, callers = open_nodes.pop()
            for at in range(0, len(siblings), 5):
                number, info, _, _, children = siblings[at : at + 5]
                _, name, file, _, line, column = infos[6 * info : 6 * info + 6]
                frame = Frame(self.strings[name], self.strings[file], line, column)
                if number == wanted:
                    return [frame, *callers]
                open_nodes.append((children, (frame, *callers)))
        return []

    def location(self, node: int) -> tuple[int, int, int] | None:
        """Script id, line and column, both 0-based."""
        locations = self.data["locations"]
        for at in range(0, len(locations), 4):
            if locations[at] == node * self.width:
                return tuple(locations[at + 1 : at + 4])
        return None


def compare(before: HeapSnapshot, after: HeapSnapshot) -> dict[str, Difference]:
    """What came and went, by class; an object is the same if its id is."""
    found: dict[str, Difference] = collections.defaultdict(Difference)
    old, now = set(before.ids), set(after.ids)
    for node in range(len(after)):
        if after.ids[node] not in old:
            found[after.names[node]].new += 1
            found[after.names[node]].new_bytes += after.sizes[node]
    for node in range(len(before)):
        if before.ids[node] not in now:
            found[before.names[node]].deleted += 1
            found[before.names[node]].deleted_bytes += before.sizes[node]
    return dict(found)
