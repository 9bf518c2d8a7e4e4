"""Estimates: the line that is fitted, the words that are counted, and the command."""

import numpy as np
import pytest

from studies.bench import estimate
from studies.cli import main
from studies.homework.assignment import grid_plan
from sweep.trial import Trial


def test_the_line_is_found_though_half_of_the_points_are_only_known_to_be_larger():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 4, 400)
    y = 3 + 0.7 * x + rng.normal(0, 0.1, 400)
    seen = y <= 4.4
    a, b = estimate.fit_line(x, np.where(seen, y, 4.4), seen)
    assert b == pytest.approx(0.7, abs=0.1)
    assert a == pytest.approx(3, abs=0.15)


def test_a_word_takes_as_long_as_the_longest_of_its_lanes():
    pack = [Trial({}, 0, str(i)) for i in range(17)]
    epochs = {trial.key: 10.0 * (i + 1) for i, trial in enumerate(pack)}
    assert estimate._word_epochs([pack], epochs, 1) == 170 + 90 + 10
    assert estimate._word_epochs([pack, pack[:1]], epochs, 2) == 270


def test_what_is_kept_costs_nothing_more():
    plan = grid_plan(max_epochs=100)
    kept = {trial.key for trial in plan.trials}
    assert estimate.estimate(plan, 1, kept).training == 0


def test_the_estimate_lies_between_nothing_and_its_bound_and_grows_with_the_repeats(monkeypatch):
    plan, jobs = grid_plan(repeats=4), 2
    sample = estimate.choose(plan.trials, jobs)
    plan.objective.prepare(plan.trials)
    probe = estimate.train_for_a_moment(plan.objective, sample, jobs)
    # one measurement for both: a busy machine gives another speed each time
    monkeypatch.setattr(estimate, "train_for_a_moment", lambda *_: probe)
    found = estimate.estimate(plan, jobs)
    assert 0 < found.training <= found.at_most
    assert found.seconds == found.training + found.report
    more = estimate.estimate(grid_plan(repeats=400), jobs)
    assert 60 < more.training / found.training < 160


@pytest.mark.parametrize("flags", [[], ["--engine", "numpy"], ["--n-hidden", "2,8"]])
def test_the_command_takes_the_flags_of_the_homework(tmp_path, capsys, flags):
    out = tmp_path / "run"
    assert main.run(["estimate", "--out", str(out), "--repeats", "3", *flags]) == 0
    said = capsys.readouterr().out
    n = 96 if "--n-hidden" in flags else 48
    assert f"for {n} trials (0 of {n} are already stored)" in said
    assert said.startswith("about ")
    assert not out.exists()


def test_a_bad_flag_is_refused_as_there(capsys):
    assert main.run(["estimate", "--learning-rate", "0"]) == 2
    assert "learning_rate must be a finite number > 0" in capsys.readouterr().err
