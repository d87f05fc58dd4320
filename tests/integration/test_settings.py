"""Wrong settings: every one of them named at once, with its source, and exit code 2."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab, run_binary, temp_dir

# Setting: key in the file, wrong values. Numbers are numbers in the file, all else strings.
WRONG: dict[str, tuple[str, tuple[str, ...]]] = {
    "PORT": ("server.port", ("-1", "65536", "4294970297", "18446744073709554617")),
    "APP_ENV": ("app_env", ("prod", "Production", "development ")),
    "LAB_MAX_CONNECTIONS": ("server.max_connections", ("0", "1000001", "-5", "4294967297")),
    "LAB_SHUTDOWN_GRACE": (
        "server.shutdown_grace",
        ("601s", "11m", "1h", "-1s", "10", "s", "10 s", "10d", "9223372036854775807h"),
    ),
    "LAB_HEADER_TIMEOUT": ("server.header_timeout", ("0ms", "-5s", "0s", "30001ms", "31s", "1m")),
    "LAB_BODY_TIMEOUT": ("server.body_timeout", ("0ms", "600001ms", "11m", "soon")),
    "LAB_IDLE_TIMEOUT": ("server.idle_timeout", ("0ms", "3601s", "2h")),
    "LAB_WRITE_TIMEOUT": ("server.write_timeout", ("0ms", "601s", "1h")),
    "LAB_ENABLE": ("lab.enable", ("yes", "1", "on", "truee")),
    "LAB_ALLOW_PROD": ("lab.allow_prod", ("maybe", "0")),
    "LAB_ARTIFACT_MAX_MB": ("artifacts.max_mb", ("0", "1048577", "-1", "18446744073709551617")),
    "LAB_ARTIFACT_MAX_AGE": ("artifacts.max_age", ("0s", "999ms", "8761h", "forever")),
    "LAB_LOG_LEVEL": ("log.level", ("verbose", "4", "INFO")),
}
NOT_NUMBERS = ("abc", "1.5", " 1", "1 ", "1x", "0x10", "+1", "1e3")
NUMBERS = ("PORT", "LAB_MAX_CONNECTIONS", "LAB_ARTIFACT_MAX_MB")
LOWEST = {
    "LAB_MAX_CONNECTIONS": "1",
    "LAB_SHUTDOWN_GRACE": "0s",
    "LAB_HEADER_TIMEOUT": "1ms",
    "LAB_BODY_TIMEOUT": "1ms",
    "LAB_IDLE_TIMEOUT": "1ms",
    "LAB_WRITE_TIMEOUT": "1ms",
    "LAB_ARTIFACT_MAX_MB": "1",
    "LAB_ARTIFACT_MAX_AGE": "1s",
    "LAB_LOG_LEVEL": "debug",
}
HIGHEST = {
    "LAB_MAX_CONNECTIONS": "1000000",
    "LAB_SHUTDOWN_GRACE": "10m",
    "LAB_HEADER_TIMEOUT": "30s",
    "LAB_BODY_TIMEOUT": "600s",
    "LAB_IDLE_TIMEOUT": "1h",
    "LAB_WRITE_TIMEOUT": "10m",
    "LAB_ARTIFACT_MAX_MB": "1048576",
    "LAB_ARTIFACT_MAX_AGE": "8760h",
    "LAB_LOG_LEVEL": "info",
}


def flag(variable: str) -> str:
    return "--" + variable.lower().replace("_", "-")


def values(variable: str) -> tuple[str, ...]:
    return WRONG[variable][1] + (NOT_NUMBERS if variable in NUMBERS else ())


def nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


class Refused(unittest.TestCase):
    def check_refused(self, run: subprocess.CompletedProcess[str], *starts: str) -> list[str]:
        """One line for each `starts`, nothing else, and exit code 2."""
        self.assertEqual(run.returncode, 2, run.stderr)
        lines = run.stderr.splitlines()
        for start in starts:
            matching = [line for line in lines if line.startswith(f"profiling-lab: {start}: ")]
            self.assertEqual(len(matching), 1, f"{start}\n{run.stderr}")
            self.assertGreater(len(matching[0]), len(f"profiling-lab: {start}: ") + 5)
        self.assertEqual(len(lines), len(starts), run.stderr)
        return lines

    def file(self, text: str) -> pathlib.Path:
        path = temp_dir(self) / "lab.json"
        path.write_text(text)
        return path


class Values(Refused):
    def test_each_wrong_value_in_the_environment_is_refused_by_name(self) -> None:
        for variable in WRONG:
            for value in values(variable):
                with self.subTest(variable=variable, value=value):
                    self.check_refused(run_binary(env={variable: value}), f"environment {variable}")

    def test_each_wrong_value_of_a_flag_is_refused_by_name(self) -> None:
        for variable, (_, wrong) in WRONG.items():
            with self.subTest(variable=variable):
                name = flag(variable)
                self.check_refused(run_binary([f"{name}={wrong[0]}"]), f"flag {name}")
                self.check_refused(run_binary([name, wrong[-1]]), f"flag {name}")
                self.check_refused(run_binary([f"{name}="]), f"flag {name}")

    def test_each_wrong_value_in_the_file_is_refused_by_its_path(self) -> None:
        for variable, (key, wrong) in WRONG.items():
            number = variable in NUMBERS
            for value in (int(wrong[0]) if number else wrong[0], [], {}, None, 1.5):
                with self.subTest(key=key, value=value):
                    path = self.file(json.dumps(nested(key, value)))
                    self.check_refused(run_binary([f"--config={path}"]), f"file {path} {key}")

    def test_an_address_that_is_none_is_refused(self) -> None:
        for host in ("300.1.1.1", "127.0.0.1:80", "not an address"):
            with self.subTest(host=host):
                run = run_binary(["--port=0"], {"HOST": host})

                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertIn("profiling-lab: ", run.stderr)

    def test_every_wrong_value_is_reported_at_once(self) -> None:
        env = {variable: wrong[0] for variable, (_, wrong) in WRONG.items()}
        wanted = [f"environment {variable}" for variable in env]

        self.check_refused(run_binary(env=env), *wanted)

    def test_wrong_values_of_all_sources_are_reported_together(self) -> None:
        path = self.file('{"server": {"port": "x", "bogus": 1}, "other": true}')
        run = run_binary(
            [f"--config={path}", "--lab-max-connections=0", "--bogus=1"],
            {"LAB_BOGUS": "1", "APP_ENV": "prod"},
        )

        self.check_refused(
            run,
            f"file {path} server.port",
            f"file {path} server.bogus",
            f"file {path} other",
            "flag --lab-max-connections",
            "flag --bogus",
            "environment LAB_BOGUS",
            "environment APP_ENV",
        )

    def test_a_wrong_value_is_reported_though_a_stronger_source_overrides_it(self) -> None:
        run = run_binary(["--lab-log-level=info", "--port=0"], {"LAB_LOG_LEVEL": "verbose"})

        self.check_refused(run, "environment LAB_LOG_LEVEL")


class Names(Refused):
    def test_an_unknown_variable_of_the_lab_is_refused_and_any_other_is_ignored(self) -> None:
        for name in ("LAB_BOGUS", "LAB_", "LAB_PORT", "LAB_ENABLED"):
            with self.subTest(name=name):
                self.check_refused(run_binary(env={name: "true"}), f"environment {name}")
        lab = Lab.for_test(self, {"BOGUS": "1", "LABEL": "x", "lab_enable": "nonsense"})
        self.assertEqual(lab.http("GET", "/api/health").status, 200)

    def test_an_unknown_flag_is_refused(self) -> None:
        for name in ("--bogus", "--Port", "--lab-bogus", "--por"):
            with self.subTest(name=name):
                self.check_refused(run_binary([f"{name}=1"]), f"flag {name}")

    def test_what_is_neither_a_flag_nor_its_value_is_refused(self) -> None:
        for args in (["serve"], ["-p", "1"], ["--port"], ["--"], ["--port=0", "extra"]):
            with self.subTest(args=args):
                run = run_binary(args)

                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertTrue(run.stderr.startswith("profiling-lab: "), run.stderr)

    def test_an_unknown_key_of_the_file_is_refused_by_its_path(self) -> None:
        for key in ("bogus", "server.prot", "lab.token", "log", "server.port.deeper"):
            with self.subTest(key=key):
                path = self.file(json.dumps(nested(key, 1)))
                run = run_binary([f"--config={path}"])

                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertIn(
                    f"profiling-lab: file {path} {key.removesuffix('.deeper')}", run.stderr
                )

    def test_a_secret_is_no_flag_and_no_key_and_is_not_repeated_in_the_refusal(self) -> None:
        secret = "do-not-print-me-123"
        path = self.file(json.dumps({"lab": {"token": secret}}))
        for run in (
            run_binary([f"--lab-token={secret}"]),
            run_binary(["--lab-token", secret]),
            run_binary([f"--config={path}"]),
        ):
            self.assertEqual(run.returncode, 2)
            self.assertNotIn(secret, run.stderr + run.stdout)


class Files(Refused):
    def test_a_file_that_cannot_be_used_is_refused_by_its_name(self) -> None:
        folder = temp_dir(self)
        cases = {"missing": folder / "none.json", "directory": folder}
        for name, text in (
            ("empty", ""),
            ("broken", '{"server": '),
            ("array", "[]"),
            ("number", "5"),
            ("trailing", "{} {}"),
            ("comma", '{"server": {"port": 0},}'),
        ):
            cases[name] = folder / f"{name}.json"
            cases[name].write_text(text)
        for name, path in cases.items():
            for args, env in (([f"--config={path}"], {}), ([], {"LAB_CONFIG": str(path)})):
                with self.subTest(name=name, env=env):
                    run = run_binary([*args, "--port=0"], env, limit=20)

                    self.assertEqual(run.returncode, 2, run.stderr)
                    self.assertIn(str(path), run.stderr)


class Borders(unittest.TestCase):
    def test_every_lowest_and_every_highest_value_is_accepted(self) -> None:
        for name, env in (("lowest", LOWEST), ("highest", HIGHEST)):
            with self.subTest(name=name):
                lab = Lab(env)
                try:
                    self.assertGreater(lab.port, 0)
                finally:
                    lab.close()

    def test_every_log_level_is_accepted(self) -> None:
        # A level above info hides the line that says the port, so this only asks for the settings.
        for level in ("debug", "info", "warn", "error"):
            with self.subTest(level=level):
                run = run_binary(["--healthcheck"], {"PORT": "1", "LAB_LOG_LEVEL": level})
                self.assertEqual(run.returncode, 1, run.stderr)


if __name__ == "__main__":
    unittest.main()
