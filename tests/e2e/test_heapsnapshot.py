"""The tests' own reader and check of .heapsnapshot, against files made by hand."""

from __future__ import annotations

import json
import pathlib
import random
import sys
import unittest
from collections.abc import Callable
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from dominators import depth_first, dominators
from heapsnapshot import HeapSnapshot, compare
from heapsnapshot_format import problems
from made_snapshot import (
    BUFFER,
    BUFFERS,
    BYTES,
    ENTRY,
    LOST,
    MIB,
    STACK_OF_LEAK,
    VECTOR,
    leaking,
    write_all,
)
from tools import scratch

Change = Callable[[dict[str, Any]], object]


def setter(table: str, at: int, value: object) -> Change:
    return lambda data: data[table].__setitem__(at, value)


def reorder(data: dict[str, Any]) -> None:
    data["nodes"] = data.pop("nodes")


def lose_a_trace(data: dict[str, Any]) -> None:
    data["trace_tree"][4].pop()


def forget_allocations(data: dict[str, Any]) -> None:
    data["trace_tree"][4][2] = 0


def cut(table: str, rows: int) -> Change:
    return lambda data: data.__setitem__(table, data[table][:-rows])


def orphan_the_lost(data: dict[str, Any]) -> None:
    """The last node's only edge becomes a weak one."""
    data["edges"][data["edges"].index(len(data["nodes"]) - 7) - 2] = 6


def edge_of(data: dict[str, Any], name: str) -> int:
    """Where the first edge of that name begins."""
    wanted, edges = data["strings"].index(name), data["edges"]
    places = range(0, len(edges), 3)
    return next(at for at in places if edges[at] == 2 and edges[at + 1] == wanted)


def misplace_a_field(data: dict[str, Any]) -> None:
    data["strings"][data["edges"][edge_of(data, "+24") + 1]] = "+23"


# Where the fields of the vector's node begin.
VECTOR_NODE = 7 * 9
FAULTS: dict[str, tuple[Change, str]] = {
    "key order": (reorder, "keys in the wrong order"),
    "count": (cut("nodes", 7), r"numbers in nodes, not \d+ \* 7"),
    "negative": (setter("nodes", 3, -1), "nodes has numbers out of range: -1"),
    "real": (setter("nodes", 3, 1.0), "nodes has numbers out of range: 1.0"),
    "too large": (setter("nodes", VECTOR_NODE + 3, 2**32), "nodes has numbers out of range"),
    "type": (setter("nodes", VECTOR_NODE, 15), "node types unknown: 15"),
    "name": (setter("nodes", VECTOR_NODE + 1, 9999), "nodes name strings that are not there"),
    "even id": (setter("nodes", VECTOR_NODE + 2, 1002), "even ids: 1002"),
    "repeated id": (setter("nodes", VECTOR_NODE + 2, 2001), "repeated ids: 2001"),
    "edge count": (setter("nodes", VECTOR_NODE + 4, 0), r"nodes have \d+ edges, but there are"),
    "trace": (setter("nodes", VECTOR_NODE + 5, 99), "nodes with an unknown trace: 99"),
    "detached": (setter("nodes", VECTOR_NODE + 6, 2), "detached nodes: 9"),
    "edge type": (setter("edges", 0, 7), "edge types unknown: 7"),
    "to no node": (setter("edges", 2, 8), "edges lead to no node: 8"),
    "past the end": (setter("edges", 2, 7 * 9999), "edges lead to no node"),
    "to the root": (setter("edges", 5, 0), "edges lead to the root"),
    "root": (setter("nodes", 0, 8), "node 0 is not the synthetic root"),
    "GC roots": (setter("nodes", 9, 99), r"does not lead to \(GC roots\)"),
    "unreached": (orphan_the_lost, f"nodes that the root does not reach: {LOST}"),
    "field": (misplace_a_field, r"lie in no word of their object: property \+23"),
    "trace tree": (lose_a_trace, "trace_tree has a broken row"),
    "repeated trace": (setter("trace_tree", 0, 2), "repeated trace nodes: 2"),
    "less traced": (forget_allocations, "trace nodes that have less than lives: 2"),
    "location": (setter("locations", 0, 1), "locations of no node: 1"),
    "script": (setter("locations", 1, 99), "locations in unknown scripts: 99"),
    "string": (setter("strings", 0, ""), "repeated strings"),
}


class Format(unittest.TestCase):
    def setUp(self) -> None:
        self.path = scratch(self) / "made.heapsnapshot"

    def found(self, data: dict[str, Any]) -> str:
        self.path.write_text(json.dumps(data))
        return "\n".join(problems(self.path))

    def test_a_file_in_the_form_of_the_encoder_has_no_problems(self) -> None:
        self.assertEqual(self.found(leaking(3).data()), "")

    def test_a_file_without_stacks_has_no_problems(self) -> None:
        data = leaking(0, cached=0).data()
        data["snapshot"]["trace_function_count"] = 0
        data |= {"trace_function_infos": [], "trace_tree": [], "locations": []}
        data["nodes"] = [0 if at % 7 == 5 else each for at, each in enumerate(data["nodes"])]

        self.assertEqual(self.found(data), "")

    def test_what_is_wrong_is_told(self) -> None:
        for name, (change, expected) in FAULTS.items():
            with self.subTest(name):
                data = leaking(3).data()
                change(data)
                self.assertRegex(self.found(data), expected)

    def test_a_file_that_ends_midway_is_no_json(self) -> None:
        self.path.write_bytes(leaking(3).write(self.path).read_bytes()[:-1])

        self.assertRegex(problems(self.path)[0], "not JSON in UTF-8")

    def test_a_repeated_key_is_told(self) -> None:
        text = leaking(3).write(self.path).read_text()
        self.path.write_text(text.replace('"samples":[]', '"samples":[],"samples":[]'))

        self.assertEqual(problems(self.path), ["key samples is repeated"])


class Reader(unittest.TestCase):
    def setUp(self) -> None:
        before, after, _ = write_all(scratch(self))
        self.before, self.after = HeapSnapshot(before), HeapSnapshot(after)
        self.retained = self.after.retained()

    def only(self, name: str) -> int:
        (node,) = self.after.named(name)
        return node

    def test_a_container_retains_all_that_only_it_holds(self) -> None:
        self.assertEqual(self.retained[self.only(VECTOR)], 1024 + 22 * (MIB + 48))
        self.assertEqual(self.retained[self.only(BUFFERS)], 1024 + 22 * (MIB + 48))
        self.assertEqual(self.retained[self.only("g_cache")], 640)
        self.assertEqual(self.retained[0], sum(self.after.sizes))

    def test_the_retainers_of_a_buffer_lead_to_the_named_root(self) -> None:
        path = self.after.path_to_root(self.after.named(BYTES)[0])

        self.assertEqual([step.edge for step in path[:4]], ["+24", "[0]", "+0", BUFFERS])
        holders = [self.after.names[step.node] for step in path]
        self.assertEqual(
            holders, [BUFFER, VECTOR, BUFFERS, "(Registered roots)", "(GC roots)", ""]
        )

    def test_all_retainers_of_an_object_are_found(self) -> None:
        first, second, third, *_ = self.after.named(ENTRY)

        found = self.after.retainers(second)

        edges = [(each.edge, each.node) for each in found]
        self.assertEqual(edges, [("+24", first), ("+8", third)])

    def test_a_comparison_tells_what_came_and_went(self) -> None:
        found = compare(self.before, self.after)

        self.assertEqual(set(found), {BUFFER, BYTES})
        self.assertEqual((found[BYTES].new, found[BYTES].deleted, found[BYTES].delta), (20, 1, 19))
        self.assertEqual(found[BYTES].delta_bytes, 19 * MIB)

    def test_an_object_has_the_stack_and_the_place_of_its_allocation(self) -> None:
        node = self.after.named(BYTES)[0]

        self.assertEqual(tuple(self.after.stack(node))[:3], STACK_OF_LEAK[::-1])
        self.assertEqual(self.after.location(node)[1:], (56, 4))
        self.assertEqual(self.after.stack(self.only(LOST)), [])
        self.assertIsNone(self.after.location(self.only(LOST)))


class Dominators(unittest.TestCase):
    def reached(self, children: list[list[int]], without: int) -> set[int]:
        found, rest = {without}, [0] if without else []
        while rest:
            node = rest.pop()
            if node not in found:
                found.add(node)
                rest += children[node]
        return found - {without}

    def test_they_are_what_cuts_a_node_off(self) -> None:
        source = random.Random(10)
        for size in range(2, 40):
            children = [[source.randrange(size) for _ in range(2)] for _ in range(size)]
            with self.subTest(children):
                order, parents = depth_first(children)
                above = dominators(order, parents, children)
                cut_off = {each: set(order) - self.reached(children, each) for each in order}
                for node in order[1:]:
                    expected = {each for each in order if each != node and node in cut_off[each]}
                    chain, each = set(), node
                    while each:
                        each = above[each]
                        chain.add(each)
                    self.assertEqual(chain, expected, node)

    def test_a_long_doubly_linked_list_takes_no_time(self) -> None:
        length = 200_000
        children = [[at - 1, at + 1] for at in range(length)]
        children[0], children[1], children[-1] = [1], [2], [length - 2]

        order, parents = depth_first(children)
        above = dominators(order, parents, children)

        self.assertTrue(all(above[at] == at - 1 for at in range(1, length)))


if __name__ == "__main__":
    unittest.main()
