"""The homework as a study: the same tables whoever trains, and no password anywhere."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from functools import cache
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from conftest import PASSWORD
from undrawn import program, run_here

from studies.cli import main
from studies.homework import assignment
from studies.objectives import portable
from sweep.errors import SweepError

QUESTION = {"max_epochs": 60, "target_loss": 0.007, "repeats": 2, "batch_size": [15, None]}
QUESTION |= {"learning_rate": [0.3, 0.7]}
FLAGS = ["--max-epochs", "60", "--target-loss", "0.007", "--repeats", "2"]
FLAGS += ["--batch-size", "15,full", "--learning-rate", "0.3,0.7"]

pytestmark = pytest.mark.usefixtures("no_figures")


def comparable(out):
    """Return what must be the same bytes, and trials.csv but for the seconds."""
    trials = pd.read_csv(out / "trials.csv", dtype=str).drop(columns="seconds")
    files = ("table.csv", "table.md", "history.csv", "weights/best.npz", "report.md")
    texts = ((out / name).read_bytes().replace(str(out).encode(), b"OUT") for name in files)
    return trials.to_csv(), *texts


@pytest.fixture(scope="module")
def by_joblib(tmp_path_factory):
    """Return what a run without Optuna writes, by engine."""

    @cache
    def run(engine):
        out = tmp_path_factory.mktemp("joblib") / "run"
        assignment.run(out, **QUESTION, engine=engine, jobs=2)
        return comparable(out)

    return run


@pytest.mark.parametrize("engine", ["compiled", pytest.param("numpy", marks=pytest.mark.torture)])
def test_the_study_in_a_run_directory_gives_the_same_bytes(by_joblib, engine, tmp_path):
    assignment.run(tmp_path / "run", **QUESTION, engine=engine, jobs=2, runner="optuna")
    assert comparable(tmp_path / "run") == by_joblib(engine)


def test_what_workers_trained_is_collected_to_the_same_bytes(by_joblib, postgres_url, tmp_path):
    engine, wanted = "compiled", by_joblib("compiled")
    there = ["--storage", postgres_url, "--study", f"{engine} {time.time()}"]
    worker = [sys.executable, "-m", "studies.cli", "worker", *there, "--jobs", "1"]
    workers = [subprocess.Popen(worker, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        flags = [*FLAGS, "--engine", engine, "--runner", "optuna", "--jobs", "1", "--quiet"]
        assert main.run(["assignment", *flags, *there, "--out", str(tmp_path / "run")]) == 0
        for one in workers:
            _, said = one.communicate(timeout=120)
            assert one.returncode == 0, said
            assert "no trials are left" in said
    finally:
        for one in workers:
            with one:
                one.kill()
    assert main.run(["collect", *there, "--out", str(tmp_path / "other"), "--quiet"]) == 0
    assert comparable(tmp_path / "run") == wanted
    assert comparable(tmp_path / "other") == wanted


def test_a_killed_run_goes_on_from_its_study(tmp_path, capsys):
    flags = ["--max-epochs", "3000", "--target-loss", "1e-9", "--runner", "optuna"]
    flags += ["--learning-rate", "0.3,0.7", "--batch-size", "5", "--repeats", "4", "--jobs", "1"]
    command = ["assignment", *flags, "--out", str(tmp_path / "run")]
    with subprocess.Popen(
        [*program(draws=False), *command], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert "trials done" in process.stderr.readline()
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert run_here(*command) == 0
    assert "of them from an earlier run" in capsys.readouterr().err
    assert len(pd.read_csv(tmp_path / "run" / "trials.csv")) == 8


def test_a_description_makes_the_same_objective_and_is_checked():
    objective = assignment.grid_plan(**QUESTION).objective
    description = portable.describe(objective)
    other = portable.revive(description)
    assert other.identity() == objective.identity()
    with pytest.raises(SweepError, match="training version 0, and here it is"):
        portable.revive({**description, "training_version": 0})
    with pytest.raises(SweepError, match="another fingerprint"):
        portable.revive({**description, "fingerprint": "0"})


def test_a_password_in_the_url_works_and_is_shown_nowhere(
    postgres_url, tmp_path, capsys, monkeypatch
):
    monkeypatch.delenv("PGPASSWORD")
    study = f"secret {time.time()}"
    there = ["--storage", postgres_url.replace("@", f":{PASSWORD}@"), "--study", study]
    flags = ["--max-epochs", "50", "--runner", "optuna", "--eta", "0.5", "--batch-size", "15"]
    assert main.run(["assignment", *flags, *there, "--out", str(tmp_path / "run")]) == 0
    assert main.run(["worker", *there]) == 0
    assert main.run(["collect", *there, "--out", str(tmp_path / "other")]) == 0
    wrong = ["--storage", there[1].replace("/postgres", "/nowhere"), "--study", study]
    assert main.run(["worker", *wrong]) == 2
    assert main.run(["collect", *wrong, "--out", str(tmp_path / "third")]) == 2
    output = capsys.readouterr()
    assert 'database "nowhere" does not exist' in output.err
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes()
    assert PASSWORD not in output.out + output.err
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    url = postgres_url.replace("postgresql", "postgresql+psycopg")
    dump = assert_no_password_in_the_database(url)
    assert dump > 0


def assert_no_password_in_the_database(url):
    """Look through all texts that the database holds, and return how many there are."""
    from sqlalchemy import MetaData, create_engine, select

    engine, tables, texts = create_engine(url), MetaData(), 0
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.tables.values():
            for row in connection.execute(select(table)):
                texts += 1
                assert PASSWORD not in str(row)
    engine.dispose()
    return texts


def test_a_wrong_password_is_refused_without_being_repeated(postgres_url, tmp_path, capsys):
    url = postgres_url.replace("@", ":another-secret@")
    flags = ["--runner", "optuna", "--storage", url, "--out", str(tmp_path / "run")]
    assert main.run(["assignment", *flags]) == 2
    output = capsys.readouterr().err
    assert "password authentication failed" in output
    assert "another-secret" not in output
    assert output.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_the_dashboard_shows_the_study(postgres_url, tmp_path):
    study = f"homework {time.time()}"
    assignment.run(
        tmp_path / "run",
        **{**QUESTION, "learning_rate": [0.3, 1e9], "activation": "relu"},
        runner="optuna",
        storage=postgres_url,
        study=study,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = postgres_url.replace("postgresql", "postgresql+psycopg")
    dashboard = subprocess.Popen(
        [Path(sys.executable).parent / "optuna-dashboard", url, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        page = read(f"http://127.0.0.1:{port}/dashboard")
        assert "Optuna Dashboard" in page
        studies = read(f"http://127.0.0.1:{port}/api/studies")
        assert study in studies
        number = next(
            s["study_id"]
            for s in json.loads(studies)["study_summaries"]
            if s["study_name"] == study
        )
        shown = json.loads(read(f"http://127.0.0.1:{port}/api/studies/{number}"))
    finally:
        dashboard.terminate()
        dashboard.wait()
    cells = [{p["name"]: p["param_external_value"] for p in t["params"]} for t in shown["trials"]]
    wanted = product(["0.3", "1000000000.0"], ["15", "full"], ["4"], ["0", "1"])
    names = ("learning_rate", "batch_size", "n_hidden", "repeat")
    for values in wanted:
        assert dict(zip(names, values, strict=True)) in cells
    values = [float(value) for trial in shown["trials"] for value in trial["values"]]
    losses = pd.read_csv(tmp_path / "run" / "trials.csv").validation_loss
    assert sorted(values) == pytest.approx(sorted(losses.fillna(float("inf"))))
    attributes = {a["key"] for a in shown["trials"][0]["user_attrs"]}
    assert {"key", "state", "epochs"} <= attributes


def read(url):
    for _ in range(100):
        try:
            with urllib.request.urlopen(url) as page:  # noqa: S310 - our own server
                return page.read().decode()
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(url)
