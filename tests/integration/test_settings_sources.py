"""Where settings come from and who wins; what a token must be before the lab opens."""

from __future__ import annotations

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.lab import Lab, run_binary, temp_dir
from support.wire import TOKEN


class Precedence(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = temp_dir(self)

    def file(self, name: str, **content: object) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def environment_of(self, env: dict[str, str | None], args: list[str]) -> str:
        lab = Lab(env, args)
        try:
            return lab.http("GET", "/api/health").json()["environment"]
        finally:
            lab.close()

    def test_flags_win_over_the_environment_over_the_file_over_the_defaults(self) -> None:
        config = "--config=" + self.file("lab.json", app_env="staging")

        self.assertEqual(self.environment_of({}, []), "development")
        self.assertEqual(self.environment_of({}, [config]), "staging")
        self.assertEqual(self.environment_of({"APP_ENV": "production"}, [config]), "production")
        flags = [config, "--app-env=development"]
        self.assertEqual(self.environment_of({"APP_ENV": "production"}, flags), "development")

    def test_the_flag_for_the_file_wins_over_the_variable(self) -> None:
        by_flag = self.file("flag.json", app_env="staging")
        by_variable = self.file("variable.json", app_env="production")

        self.assertEqual(self.environment_of({"LAB_CONFIG": by_variable}, []), "production")
        self.assertEqual(
            self.environment_of({"LAB_CONFIG": by_variable}, ["--config", by_flag]), "staging"
        )

    def test_a_flag_may_have_its_value_behind_an_equals_sign_or_a_space(self) -> None:
        for args in (["--app-env=staging"], ["--app-env", "staging"]):
            with self.subTest(args=args):
                self.assertEqual(self.environment_of({}, args), "staging")

    def test_every_section_of_the_file_is_understood(self) -> None:
        config = self.file(
            "full.json",
            app_env="staging",
            server={
                "host": "127.0.0.1",
                "port": 0,
                "max_connections": 100,
                "shutdown_grace": "5s",
                "header_timeout": "2s",
                "body_timeout": "1500ms",
                "idle_timeout": "1m",
                "write_timeout": "20s",
            },
            lab={"enable": True, "allow_prod": False},
            artifacts={"dir": str(self.folder), "max_mb": 10, "max_age": "1h"},
            log={"level": "debug"},
        )
        only_token = {"PORT": None, "LAB_ENABLE": None, "LAB_ARTIFACT_DIR": None}

        lab = Lab.for_test(self, only_token, ["--config", config])

        self.assertEqual(lab.http("GET", "/api/lab/status").json()["environment"], "staging")
        lab.wait_event("request", path="/api/lab/status")

    def test_every_setting_has_its_flag(self) -> None:
        flags = {
            "--host": "127.0.0.1",
            "--port": "0",
            "--app-env": "development",
            "--lab-max-connections": "100",
            "--lab-shutdown-grace": "5s",
            "--lab-header-timeout": "2s",
            "--lab-body-timeout": "2s",
            "--lab-idle-timeout": "2s",
            "--lab-enable": "true",
            "--lab-allow-prod": "false",
            "--lab-artifact-dir": str(self.folder),
            "--lab-artifact-max-mb": "10",
            "--lab-artifact-max-age": "1h",
            "--lab-log-level": "info",
        }
        nothing = {"PORT": None, "LAB_ENABLE": None, "LAB_ARTIFACT_DIR": None}

        lab = Lab.for_test(self, nothing, [f"{name}={value}" for name, value in flags.items()])

        self.assertEqual(lab.http("GET", "/api/lab/status").status, 200)


class Tokens(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = temp_dir(self)

    def file(self, text: str) -> str:
        path = self.folder / "token"
        path.write_text(text)
        return str(path)

    def check_refused(self, env: dict[str, str], *words: str) -> None:
        run = run_binary(["--port=0"], {"LAB_ENABLE": "true"} | env, limit=20)

        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertTrue(all(line.startswith("profiling-lab: ") for line in run.stderr.splitlines()))
        for word in words:
            self.assertIn(word, run.stderr)
        if env.get("LAB_TOKEN"):
            self.assertNotIn(env["LAB_TOKEN"], run.stderr)

    def opens(self, env: dict[str, str | None], token: str) -> bool:
        lab = Lab({"LAB_TOKEN": None} | env)
        try:
            return lab.http("GET", "/api/lab/status", token=token).status == 200
        finally:
            lab.close()

    def test_enabling_without_a_token_refuses_to_start(self) -> None:
        self.check_refused({}, "LAB_TOKEN")
        self.check_refused({"LAB_TOKEN": ""}, "LAB_TOKEN")

    def test_a_token_under_12_characters_is_refused_outside_development(self) -> None:
        for environment in ("staging", "production"):
            with self.subTest(environment=environment):
                self.check_refused(
                    {"APP_ENV": environment, "LAB_TOKEN": "zyxwvutsrqp"}, "LAB_TOKEN", "12"
                )
                short = self.file("zyxwvutsrqp\n")
                self.check_refused({"APP_ENV": environment, "LAB_TOKEN_FILE": short}, "12")

    def test_a_token_of_12_characters_will_do_anywhere(self) -> None:
        self.assertTrue(
            self.opens({"APP_ENV": "staging", "LAB_TOKEN": "zyxwvutsrqpo"}, "zyxwvutsrqpo")
        )
        production = {
            "APP_ENV": "production", "LAB_ALLOW_PROD": "true", "LAB_TOKEN": "zyxwvutsrqpo"
        }
        self.assertTrue(self.opens(production, "zyxwvutsrqpo"))

    def test_a_short_token_will_do_in_development(self) -> None:
        self.assertTrue(self.opens({"LAB_TOKEN": "x"}, "x"))

    def test_a_disabled_lab_needs_no_token(self) -> None:
        self.assertFalse(self.opens({"LAB_ENABLE": "false", "APP_ENV": "staging"}, TOKEN))

    def test_a_token_and_a_token_file_together_are_refused(self) -> None:
        self.check_refused(
            {"LAB_TOKEN": TOKEN, "LAB_TOKEN_FILE": self.file(TOKEN)}, "LAB_TOKEN_FILE"
        )

    def test_a_token_file_opens_the_lab_and_its_trailing_newline_does_not_count(self) -> None:
        for text in (TOKEN, TOKEN + "\n"):
            with self.subTest(text=text):
                self.assertTrue(self.opens({"LAB_TOKEN_FILE": self.file(text)}, TOKEN))

    def test_a_token_file_that_has_no_token_is_refused(self) -> None:
        self.check_refused({"LAB_TOKEN_FILE": str(self.folder / "none")}, "LAB_TOKEN_FILE")
        self.check_refused({"LAB_TOKEN_FILE": str(self.folder)}, "LAB_TOKEN_FILE")
        for text in ("", "\n"):
            with self.subTest(text=text):
                self.check_refused({"LAB_TOKEN_FILE": self.file(text)}, "LAB_TOKEN_FILE")


if __name__ == "__main__":
    unittest.main()
