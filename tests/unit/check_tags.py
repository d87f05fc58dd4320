"""Every test case has exactly one module among its tags: check_tags.py <unit-tests> <module>..."""

from __future__ import annotations

import re
import subprocess
import sys


def listed(program: str, *spec: str) -> tuple[int, str]:
    """How many test cases the specification selects, and the list of them."""
    done = subprocess.run(
        [program, "--list-tests", *spec], capture_output=True, text=True, timeout=60, check=False
    )
    count = re.search(r"^(\d+) (?:matching )?test cases?$", done.stdout, re.MULTILINE)
    if not count:
        raise SystemExit(f"{program} --list-tests {spec}: {done.stdout}{done.stderr}")
    return int(count[1]), done.stdout


def main() -> int:
    program, *modules = sys.argv[1:]
    all_of_them, _ = listed(program)
    counts = {module: listed(program, f"[{module}]")[0] for module in modules}
    untagged, names = listed(program, "".join(f"~[{module}]" for module in modules))
    print(f"{all_of_them} test cases: {counts}")

    if untagged:
        print(f"without a tag of {modules}:\n{names}")
    elif sum(counts.values()) != all_of_them:
        print("some have the tags of several modules")
    for module in (module for module, count in counts.items() if not count):
        print(f"no test case is tagged [{module}]")
    return int(bool(untagged) or sum(counts.values()) != all_of_them or 0 in counts.values())


if __name__ == "__main__":
    sys.exit(main())
