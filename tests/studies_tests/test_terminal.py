"""What a terminal shows at the end of a run: colours in a real one, Markdown elsewhere."""

import os
import pty
import re
import subprocess
import sys
from importlib.metadata import version

import pytest
from undrawn import program, run_here

SMALL = [
    "--learning-rate",
    "0.3,0.7",
    "--batch-size",
    "5,15",
    "--max-epochs",
    "150",
    "--target-loss",
    "0.006",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    out = tmp_path_factory.mktemp("terminal") / "run"
    assert run_here("assignment", "--out", out, *SMALL, "--quiet") == 0
    return out


def in_terminal(*arguments):
    """Run the command in a terminal of 100 columns, and return what that is sent."""
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    command = [*program(draws=False), *arguments]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        sent += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return sent.decode()


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_terminal_gets_a_coloured_table_the_best_cell_findings_and_the_files(directory):
    sent = in_terminal("assignment", "--out", str(directory), *SMALL)
    coloured = re.findall(r"\x1b\[([0-9;]+)m *([^\x1b]*?/ 0\.\d+)", sent)
    best = [text for style, text in coloured if style == "1;32"]
    missed = [text for style, text in coloured if style == "33"]
    assert len(best) == 1
    assert missed
    assert all(text.startswith(">") for text in missed)
    said = plain(sent)
    table = said[said.rindex("batch size \\ learning rate") :]
    for words in ("Best combination: batch size", "- In this run", "report.md", "report.html"):
        assert words in table
    assert "|---" not in table


def test_elsewhere_it_is_the_same_in_markdown(directory, capsys):
    assert run_here("assignment", "--out", directory, *SMALL) == 0
    output = capsys.readouterr().out
    assert output.startswith("|   batch size \\ learning rate |")
    assert "\x1b" not in output
    assert "- In this run" in output


def test_in_chinese_all_of_it_is_chinese(tmp_path, capsys):
    assert run_here("assignment", "--out", tmp_path / "run", *SMALL, "--lang", "zh") == 0
    output = capsys.readouterr()
    names = {"epochs", "report", "Report", "batch", "rate", "trainings", "converged", "accuracy"}
    files = r"\S+\.(md|html|csv|tex)"  # whose names are English
    for text in (output.out, output.err):
        words = set(re.findall("[A-Za-z]+", re.sub(files, "", text)))
        assert not words & names
    assert "已完成 4/4 次训练" in output.err
    assert "学习率 η 0.3，批大小 5" in output.err


def test_the_module_is_the_command_and_says_its_version(tmp_path):
    command = [sys.executable, "-m", "studies", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == f"sweep {version('sweep-lab')}\n"
