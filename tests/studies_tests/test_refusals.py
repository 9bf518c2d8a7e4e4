"""What is said of bad input is one line, and never shows a password, wherever it was given."""

import subprocess
import sys

import pytest
from cases import each_of

from studies.cli import main
from studies.cli.errors import sentence

SECRET = "hunter2/=&?"  # noqa: S105
QUOTED = "hunter2%2F%3D%26%3F"
URL = f"postgresql://me:{QUOTED}@127.0.0.1:1/x"

SLIPS = [
    ["assignment", URL],
    ["assignment", "--scheduler", URL],
    ["assignment", "--runner", "dask", "--scheduler", URL],
    ["assignment", "--data", URL],
    ["assignment", "--test-data", URL, "--data", URL],
    ["assignment", "--learning-rate", URL],
    ["assignment", "--n-hidden", URL],
    ["assignment", "--repeats", URL],
    ["assignment", "--init", URL],
    ["assignment", "--runner", URL],
    ["assignment", "--storage", URL],
    ["assignment", "--sampler", "tpe", "--storage", URL],
    ["assignment", "--runner", "optuna", "--storage", URL],
    ["assignment", "--runner", "optuna", "--storage", URL.replace("://", ":/")],
    ["assignment", "--runner", "optuna", "--storage", URL.replace("postgresql", "redis")],
    ["assignment", "--runner", "optuna", "--storage", f"{URL}?password={QUOTED}"],
    ["estimate", "--data", URL],
    ["worker", URL],
    ["worker", "--storage", URL, "--study", "x", "--wait", "0"],
    ["worker", "--storage", URL, "--study", "x" * 999],
    ["worker", "--storage", "j", "--study", URL, "--wait", "0"],
    ["collect", "--storage", URL, "--study", "x", "--out", "o"],
    ["collect", "--storage", "j", "--study", URL, "--out", "o"],
    ["bench", "--storage", URL],
    ["bench", "--cells", URL],
    ["study", URL],
    ["study", "batch-size", "--learning-rate", URL],
    ["run", URL],
    [URL],
]


@each_of("arguments", SLIPS)
def test_no_command_shows_a_password(arguments, tmp_path, monkeypatch, capsys, no_figures):
    monkeypatch.chdir(tmp_path)
    assert main.run(arguments) == 2
    output = capsys.readouterr()
    assert output.err.count("\n") == 1
    for secret in (SECRET, QUOTED, "hunter2"):
        assert secret not in output.out + output.err
    assert list(tmp_path.iterdir()) == []


def test_a_short_password_spoils_no_other_word():
    said = sentence("no folder a://u:b@c, but b", ["a://u:b@c"])
    assert said == "no folder a://u:***@c, but b"


def test_line_ends_and_signs_for_the_terminal_are_shown_as_such():
    assert sentence("no file a\nb\x1b[31m\x00", []) == r"no file a b\x1b[31m\x00"


def test_a_very_long_word_is_cut_in_the_middle():
    said = sentence("no file " + "a" * 100_000 + "; give another.", [])
    assert len(said) < 1010
    assert said.endswith("; give another.")


@pytest.mark.parametrize("reader", ["head -c 1", "true"])
def test_a_reader_that_goes_away_gets_no_traceback(reader):
    command = f"{sys.executable} -m studies.cli study | {reader}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.stderr == ""


def test_a_terminal_that_lacks_a_letter_shows_another():
    done = subprocess.run(
        [sys.executable, "-m", "studies.cli", "assignment", "--learning-rate", "η"],
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.endswith(
        "--learning-rate takes numbers separated by commas, got '\\u03b7' in '\\u03b7'.\n"
    )
