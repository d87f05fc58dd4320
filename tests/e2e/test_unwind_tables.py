"""The unwind tables against readelf's reading of the same .eh_frame, row by row."""

from __future__ import annotations

import bisect
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.wire import skip

BUILD_DIR = pathlib.Path(os.environ.get("LAB_BUILD_DIR", "build/release"))
LIBRARIES = ("libc.so.6", "libstdc++.so.6", "libcrypto.so.3", "ld-linux-x86-64.so.2")
CIE = re.compile(r'([0-9a-f]+) [0-9a-f]+ [0-9a-f]+ CIE "([^"]*)"')
FDE = re.compile(r"[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ FDE cie=([0-9a-f]+) pc=[0-9a-f]+\.\.([0-9a-f]+)")


def output(*command: str | pathlib.Path) -> list[str]:
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return run.stdout.splitlines()


def loaded_libraries() -> list[pathlib.Path]:
    paths = (re.search(r"(/\S+)", line) for line in output("ldd", BUILD_DIR / "bin/profiling-lab"))
    return [pathlib.Path(m[1]) for m in paths if m and pathlib.Path(m[1]).name in LIBRARIES]


def vdso() -> bytes:
    """The kernel's code in every process, or nothing."""
    pattern = r"^([0-9a-f]+)-([0-9a-f]+) .*\[vdso\]$"
    found = re.search(pattern, pathlib.Path("/proc/self/maps").read_text(), re.MULTILINE)
    if found is None:
        return b""
    begin, end = (int(address, 16) for address in found.groups())
    with open("/proc/self/mem", "rb") as memory:
        memory.seek(begin)
        return memory.read(end - begin)


def expected(row: dict[str, str], augmentation: str) -> list[str]:
    if "S" in augmentation:
        return ["signal", "u", "u"]
    if row.get("ra") == "u":
        return ["outermost", "u", "u"]
    saved = [row.get("rbx", "u"), row.get("rbp", "u")]
    return [row["CFA"], *("u" if where == "s" else where for where in saved)]


def rows_of_readelf(file: pathlib.Path) -> Iterator[tuple[int, list[str], bool]]:
    """Address, CFA with rbx and rbp, and whether the return address is where it always is."""
    augmentations: dict[str, str] = {}
    columns: list[str] = []
    augmentation, end = "", 0
    for line in output("readelf", "-wF", file):
        fields = line.split()
        if cie := CIE.match(line):
            augmentations[cie[1]] = cie[2]
            columns, end = [], 0
        elif fde := FDE.match(line):
            augmentation, end = augmentations.get(fde[1], ""), int(fde[2], 16)
            columns = []
        elif fields[:2] == ["LOC", "CFA"]:
            columns = fields
        elif columns and len(fields) == len(columns) and int(fields[0], 16) < end:
            row = dict(zip(columns, fields))
            yield int(row["LOC"], 16), expected(row, augmentation), row.get("ra") == "c-8"


class Tables(unittest.TestCase):
    def compare(self, file: pathlib.Path, least_rows: int = 1000) -> None:
        ours = [line.split() for line in output(BUILD_DIR / "bin/unwind-print-table", file)]
        begins = [int(row[0], 16) for row in ours]
        total, different = 0, []
        for address, wanted, usual in rows_of_readelf(file):
            found = ours[bisect.bisect_right(begins, address) - 1][1:]
            total += 1
            if found != wanted and (usual or found[0] != "none"):
                different.append((hex(address), found, wanted))
        self.assertGreater(total, least_rows)
        self.assertLessEqual(len(different), total // 5000, different[:10])

    def test_every_row_is_as_readelf_reads_it(self) -> None:
        libraries = loaded_libraries()
        self.assertEqual(len(libraries), len(LIBRARIES))
        for file in (BUILD_DIR / "bin/profiling-lab", BUILD_DIR / "bin/loopscope", *libraries):
            with self.subTest(file=file.name):
                self.compare(file)

    def test_every_row_of_the_kernels_code_is_as_readelf_reads_it(self) -> None:
        image = vdso()
        if not image:
            skip(self, "unwind table of the vDSO", "this kernel maps none")
        with tempfile.NamedTemporaryFile(suffix=".so") as file:
            file.write(image)
            file.flush()

            self.compare(pathlib.Path(file.name), least_rows=20)


if __name__ == "__main__":
    unittest.main()
