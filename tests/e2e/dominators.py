"""Dominators of a graph that is given as the children of each node; node 0 is the root."""

from __future__ import annotations


def depth_first(children: list[list[int]]) -> tuple[list[int], dict[int, int]]:
    """The nodes in preorder, and the parent of each in that tree."""
    order, parents = [0], {0: 0}
    open_nodes = [(0, iter(children[0]))]
    while open_nodes:
        node, rest = open_nodes[-1]
        child = next((each for each in rest if each not in parents), None)
        if child is None:
            open_nodes.pop()
            continue
        parents[child] = node
        order.append(child)
        open_nodes.append((child, iter(children[child])))
    return order, parents


def dominators(
    order: list[int], parents: dict[int, int], children: list[list[int]]
) -> dict[int, int]:
    """The immediate dominator of each node but the root.

    Source: Georgiadis, Linear-Time Algorithms for Dominators and Related Problems, Semi-NCA.
    """
    numbers = {node: number for number, node in enumerate(order)}
    callers: list[list[int]] = [[] for _ in order]
    for number, node in enumerate(order):
        for child in children[node]:
            callers[numbers[child]].append(number)
    above = [numbers[parents[node]] for node in order]
    semi = _semidominators(above, callers)
    for number in range(1, len(order)):
        while above[number] > semi[number]:
            above[number] = above[above[number]]
    return {order[number]: order[above[number]] for number in range(1, len(order))}


def _semidominators(parents: list[int], callers: list[list[int]]) -> list[int]:
    """By preorder number. Those above the one in work form a forest, whose paths are shortened."""
    links = list(parents)
    semi = list(range(len(parents)))
    lows = list(semi)  # the least semidominator of the shortened path

    def least(at: int, done: int) -> int:
        path = []
        while links[at] >= done:
            path.append(at)
            at = links[at]
        best, top = lows[at], links[at]
        for lower in reversed(path):
            best = lows[lower] = min(lows[lower], best)
            links[lower] = top
        return best

    for number in range(len(parents) - 1, 0, -1):
        semi[number] = min(least(caller, number + 1) for caller in callers[number])
        lows[number] = semi[number]
    return semi
