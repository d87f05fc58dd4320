"""Files as an earlier instance of the service, or somebody else, would have left them behind."""

from __future__ import annotations

import datetime
import os
import pathlib
import random
import time

INSTANCE = "0123"


def artifact_name(age_s: float = 60.0, serial: int = 0, instance: str = INSTANCE) -> str:
    """`cpu-<ISO time>-<8 hex>.prof`; the first 4 hex digits name the instance."""
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age_s)
    stamp = then.strftime("%Y-%m-%dT%H-%M-%S.") + f"{then.microsecond // 1000:03d}Z"
    return f"cpu-{stamp}-{instance}{serial:04x}.prof"


def content(size: int) -> bytes:
    """Always the same, and not periodic: a shifted range cannot look right."""
    return random.Random(size).randbytes(size)


def plant(
    directory: pathlib.Path,
    size: int = 1000,
    age_s: float = 60.0,
    serial: int = 0,
    instance: str = INSTANCE,
) -> pathlib.Path:
    """An artifact of an instance that is gone: name and modification time agree."""
    path = directory / artifact_name(age_s, serial, instance)
    path.write_bytes(content(size))
    path.chmod(0o600)
    age(path, age_s)
    return path


def age(path: pathlib.Path, age_s: float) -> None:
    then = time.time() - age_s
    os.utime(path, (then, then), follow_symlinks=False)
