"""The built wheel works outside of a checkout, in an environment with nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def call(*words, cwd):
    ours = ("PYTHON", "VIRTUAL_ENV", "SWEEP_")
    environment = {n: value for n, value in os.environ.items() if not n.startswith(ours)}
    found = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the wheel into an empty environment, and return the folder of its programs."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no uv (pip install uv)")
    source = folder / "source"
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".*", "tests", "runs", "*.egg-info")
    )
    call(uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(source), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    call(uv, "venv", "--quiet", "--python", sys.executable, "new", cwd=folder)
    python = next(p for p in (folder / "new").glob("*/python*") if p.stem == "python")
    call(uv, "pip", "install", "--quiet", "--python", str(python), str(wheel), cwd=folder)
    return python.parent


def test_the_homework_is_run_and_checked_by_an_installed_wheel(installed, tmp_path):
    sweep = str(installed / "sweep")
    assert call(sweep, "--version", cwd=tmp_path).startswith("sweep ")
    few = ("--learning-rate", "0.5,0.7", "--batch-size", "2", "--max-epochs", "3000")
    assert "Best combination" in call(sweep, "assignment", *few, cwd=tmp_path)
    report = tmp_path / "runs" / "assignment"
    assert (report / "report.html").stat().st_size > 100_000
    assert (report / "figures" / "cells.png").exists()
    call(sweep, "report", "runs/assignment", "--lang", "zh", "--author", "张三", cwd=tmp_path)
    assert "| 姓名 | 张三 |" in (report / "report.md").read_text(encoding="utf-8")
    assert "runs/assignment" in call(sweep, "verify", "runs/assignment", cwd=tmp_path)
    assert "runs/assignment" in call(sweep, "runs", cwd=tmp_path)
    (tmp_path / "t.csv").write_text("bs,0.1,0.3,0.5,0.7\n2,5400,2400,1750,1800\n")
    assert "4 of 16 cells are typical" in call(sweep, "check", "t.csv", cwd=tmp_path)
    assert "learning-rate" in call(
        str(installed / "python"), "-m", "studies", "study", cwd=tmp_path
    )
