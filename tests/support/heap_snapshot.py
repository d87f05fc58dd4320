"""Heap snapshots: made up ones as loopscope writes them, and what their graphs mean."""

from __future__ import annotations

import argparse
import itertools
import json
import pathlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

META = {
    "node_fields": ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"],
    "node_types": [["hidden", "array", "string", "object", "code", "closure", "regexp", "number",
                    "native", "synthetic", "concatenated string", "sliced string", "symbol", "bigint",
                    "object shape"], "string", "number", "number", "number", "number", "number"],
    "edge_fields": ["type", "name_or_index", "to_node"],
    "edge_types": [["context", "element", "property", "internal", "hidden", "shortcut", "weak"],
                   "string_or_number", "node"],
    "trace_function_info_fields": ["function_id", "name", "script_name", "script_id", "line",
                                   "column"],
    "trace_node_fields": ["id", "function_info_index", "count", "size", "children"],
    "sample_fields": ["timestamp_us", "last_assigned_id"],
    "location_fields": ["object_index", "script_id", "line", "column"],
}
NATIVE, SYNTHETIC, ELEMENT = 8, 9, 1
CLASSES = {"hidden": "(system)", "code": "(compiled code)", "closure": "Function", "regexp": "RegExp"}


class Node(NamedTuple):
    type: str
    name: str
    id: int
    self_bytes: int


class Heap:
    """A snapshot in plain lists; edges only as far as they retain. Slow, and simple enough to trust."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        meta, strings = snapshot["snapshot"]["meta"], snapshot["strings"]
        fields, width = meta["node_fields"], len(meta["node_fields"])
        types, edge_types = meta["node_types"][0], meta["edge_types"][0]
        self.nodes: list[Node] = []
        self.edges: list[list[int]] = []
        edges = iter(zip(*[iter(snapshot["edges"])] * 3))
        for index, row in enumerate(zip(*[iter(snapshot["nodes"])] * width)):
            of = dict(zip(fields, row))
            self.nodes.append(Node(types[of["type"]], strings[of["name"]], of["id"], of["self_size"]))
            kept = []
            for kind, _, to in itertools.islice(edges, of["edge_count"]):
                if edge_types[kind] == "weak" or (edge_types[kind] == "shortcut" and index != 0):
                    continue
                kept.append(to // width)
            self.edges.append(kept)

    def class_of(self, node: int) -> str:
        kind = self.nodes[node].type
        if kind in {"object", "native", "synthetic"}:
            return self.nodes[node].name
        return CLASSES.get(kind, f"({kind})")

    def objects(self) -> list[int]:
        return [i for i, node in enumerate(self.nodes) if node.type != "synthetic"]

    def post_order(self) -> list[int]:
        order, seen, way = [], {0}, [(0, iter(self.edges[0]))]
        while way:
            node, rest = way[-1]
            for to in rest:
                if to not in seen:
                    seen.add(to)
                    way.append((to, iter(self.edges[to])))
                    break
            else:
                order.append(node)
                way.pop()
        return order

    def dominators(self) -> dict[int, int]:
        """Of the nodes that are reached; the root's is itself. After Cooper, Harvey and Kennedy."""
        order = self.post_order()
        number = {node: i for i, node in enumerate(order)}
        before = defaultdict(list)
        for node in order:
            for to in self.edges[node]:
                before[to].append(node)
        found = {0: 0}
        changed = True
        while changed:
            changed = False
            for node in reversed(order[:-1]):
                best = None
                for other in before[node]:
                    if other not in found:
                        continue
                    if best is None:
                        best = other
                        continue
                    while best != other:
                        while number[best] < number[other]:
                            best = found[best]
                        while number[other] < number[best]:
                            other = found[other]
                if found.get(node) != best:
                    found[node], changed = best, True
        return found

    def retained(self, dominators: dict[int, int]) -> dict[int, int]:
        sizes = {node: self.nodes[node].self_bytes for node in dominators}
        # In post order a node stands before what dominates it.
        for node in self.post_order()[:-1]:
            sizes[dominators[node]] += sizes[node]
        return sizes

    def retained_by_class(self, dominators: dict[int, int], retained: dict[int, int]) -> Counter[str]:
        """Objects that another one of their class dominates count with that one."""
        sums: Counter[str] = Counter()
        above: dict[int, frozenset[str]] = {}
        for node in reversed(self.post_order()):
            outer = dominators[node]
            names = above[outer] if node else frozenset()
            own = self.class_of(node)
            if self.nodes[node].type != "synthetic":
                if own not in names:
                    sums[own] += retained[node]
                    names = names | {own}
            above[node] = names
        for node in self.objects():
            if node not in dominators:
                sums[self.class_of(node)] += self.nodes[node].self_bytes
        return sums


def large_nodes(objects: int) -> Iterator[tuple[list[int], list[int]]]:
    """Rows of nodes, each with its targets: lists, trees, tables and cycles under three roots."""
    chance = random.Random(1)
    first = 5
    yield [SYNTHETIC, 0, 1, 0, 1, 0, 0], [1]
    yield [SYNTHETIC, 1, 3, 0, 3, 0, 0], [2, 3, 4]
    yield [SYNTHETIC, 2, 5, 0, 1, 0, 0], [first]
    yield [SYNTHETIC, 3, 7, 0, 1, 0, 0], [first + objects // 3]
    yield [SYNTHETIC, 4, 9, 0, 1, 0, 0], [first + objects // 2]
    for i in range(objects):
        targets = [2 * i + 1, 2 * i + 2] if i % 3 else [i + 1]  # trees and lists, in one another
        targets += [chance.randrange(objects) for _ in range(chance.randrange(5))]
        targets = [first + to for to in targets if to < objects]
        name = 5 + chance.randrange(2000)
        yield [NATIVE, name, 11 + 2 * i, 16 + chance.randrange(500), len(targets), 0, 0], targets


def write_rows(to: TextIO, rows: Iterator[str]) -> None:
    to.write("[")
    for i, piece in enumerate(iter(lambda: list(itertools.islice(rows, 10000)), [])):
        to.write(("," if i else "") + "\n,".join(piece))
    to.write("]")


def write_large(file: pathlib.Path, objects: int) -> None:
    """A snapshot with as many objects, 3.6 edges each; about 85 bytes an object."""
    strings = ["", "(GC roots)", "(Registered roots)", "(Static storage)", "(Stacks)"]
    strings += [f"lab::type_{i}<std::pair<int const, std::string>>" for i in range(2000)]
    edges = sum(len(targets) for _, targets in large_nodes(objects))
    head = {"meta": META, "node_count": objects + 5, "edge_count": edges, "trace_function_count": 0}
    with file.open("w", encoding="utf-8") as to:
        to.write(f'{{"snapshot":{json.dumps(head)},\n"nodes":')
        write_rows(to, (",".join(map(str, row)) for row, _ in large_nodes(objects)))
        to.write(',\n"edges":')
        write_rows(to, (f"{ELEMENT},{i},{7 * target}" for _, targets in large_nodes(objects)
                        for i, target in enumerate(targets)))
        to.write(f',\n"trace_function_infos":[],"trace_tree":[],"samples":[],"locations":[],\n'
                 f'"strings":{json.dumps(strings)}}}\n')


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes a large heap snapshot.")
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--objects", type=int, default=1_000_000)
    given = parser.parse_args()
    write_large(given.file, given.objects)


if __name__ == "__main__":
    main()
