"""No link leads out of a run directory, and no pipe in it is opened."""

import os
import shutil

import pytest
from undrawn import draw_nothing

from studies.cli import main

SWEEP = ["assignment", "--learning-rate", "0.5", "--batch-size", "15", "--max-epochs", "50"]
COMMANDS = [
    [*SWEEP, "--repeats", "2", "--jobs", "1", "--out", "run"],
    ["report", "run"],
    ["verify", "run"],
    ["compare", "good", "run"],
]
KINDS = {
    "link": lambda path, outside: path.symlink_to(outside),
    "broken link": lambda path, outside: path.symlink_to(outside / "nothing"),
    "hard link": lambda path, outside: path.hardlink_to(outside / "epochs_map.png"),
    "pipe": lambda path, outside: os.mkfifo(path),
}
NAMES = [
    *("run.json", "trials.sqlite", "trials.sqlite-journal", "prediction.json", "report.md"),
    *(".owner", ".lock", "figures", "figures/epochs_map.png", "weights/best.npz", "data"),
]


def tree(folder):
    """Return all that is below a folder, following no link."""
    return {
        path: path.lstat().st_mode if path.is_symlink() or not path.is_file() else path.read_bytes()
        for path in folder.rglob("*")
    }


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return a run directory, written without figures."""
    good = tmp_path_factory.mktemp("links") / "good"
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        assert main.run([*SWEEP, "--out", str(good), "--jobs", "1", "--quiet"]) == 0
    (good / "figures").mkdir()
    (good / "figures" / "epochs_map.png").touch()
    return good


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_leads_out_of_a_run_directory_is_refused(
    tmp_path, monkeypatch, capsys, no_figures, good, name, kind
):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(good, "good")
    shutil.copytree(good, "run")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "epochs_map.png").write_text("somebody's own")
    path = tmp_path / "run" / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    KINDS[kind](path, outside)
    before = tree(tmp_path)
    for command in COMMANDS:
        assert main.run(command) == 2
        said = capsys.readouterr().err
        assert f"run/{name.partition('/')[0]}" in said or "run has no run.json" in said
        assert said.count("\n") == 1
    main.run(["estimate", *SWEEP[1:], "--out", "run"])  # which only reads the store
    assert tree(tmp_path) == before


def test_a_comparison_follows_no_link_out_of_its_folder(tmp_path, monkeypatch, no_figures, good):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(good, "good")
    command = ["compare", "good", "good", "--out", "both", "--quiet"]
    assert main.run(command) == 0
    (tmp_path / "both/figures").symlink_to(tmp_path / "good/figures")
    assert main.run(command) == 2
    assert (tmp_path / "good/figures/epochs_map.png").exists()
