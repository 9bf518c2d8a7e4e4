"""Whether a run directory holds what it claims: trained again, and compared line by line.

The store is copied, and what is not whole in the copy is left out. Some of its trainings, or all,
are done again from ``run.json`` and ``data/`` alone. From that all files are made anew, and those
in the directory are compared with them.
"""

import csv
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from network.data.datasets import Dataset, generated
from network.data.generated import GENERATORS
from reports.check import differences
from reports.words import Text
from studies.checking.comparisons import IN, CheckResult, at_files, at_weights, text_of
from studies.checking.remaking import Remaking, copied_store
from studies.checking.retraining import VerifyOptions, at_trainings
from studies.experiment.run_directory import STORE_FILE
from studies.homework.result import GridResult
from studies.saved.reopening import Reopened, reopen
from sweep.errors import SweepError
from sweep.store.store import Store


@dataclass(frozen=True)
class VerifyResult:
    """All that was looked at in a run directory, and by which version of this tool it was made."""

    path: Path
    looks: Sequence[CheckResult]
    made_by: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not any(look.faults for look in self.looks)

    def __str__(self) -> str:
        wrong = sum(bool(look.faults) for look in self.looks)
        last = Text("{path} holds what it claims.", "{path} 与其声称的相符。")
        if wrong:
            last = Text(
                "{path} does not hold what it claims: {n} of {all} things differ.",
                "{path} 与其声称的不符：{all} 项中有 {n} 项不同。",
            )
        last = last.fill(path=str(self.path), n=wrong, all=len(self.looks))
        notes = [_NOT_LOOKED_AT]
        if self.made_by != version("sweep-lab"):
            notes.append(_VERSIONS.fill(there=self.made_by, here=version("sweep-lab")))
        return "\n".join(map(str, [*self.looks, *notes, last]))


_NOT_LOOKED_AT = Text(
    "(Not looked at: figures, the page's scripts, seconds, engine, versions.)",
    "（未检查：图、网页脚本、秒数、引擎、版本。）",
)


_VERSIONS = Text(
    "(It was made by version {there} of this tool, and this is {here}, which may word things "
    "otherwise: reports, pages and statistics were not compared.)",
    "（由本工具 {there} 版生成，当前为 {here} 版，用词可能不同：未比较报告、网页和统计表。）",
)


def any_seed() -> int:
    """Return a seed that nobody could know before, lest what it leaves out be changed."""
    return secrets.randbelow(1_000_000)


def verify(path: Path, way: VerifyOptions) -> VerifyResult:
    """Verify a run directory of the homework, or of a variation of it.

    Raises
    ------
    InputError, SweepError
        If it is none, or can't be judged: trainings mean something else now.
    """
    opened = reopen(path)
    if "rescored_from" in opened.record:
        raise SweepError(
            f"{path} is a report of a run under looser rules; verify the run itself, {path.parent}."
        )
    with tempfile.TemporaryDirectory(prefix="sweep-verify-") as name:
        parts = [Path(name) / part for part in ("store", "trained", "remade")]
        for part in parts:
            part.mkdir()
        with copied_store(path, parts[0]) as (store, damage):
            remaking, known = _which_data(opened, store)
            data = _data(opened, remaking)
            if not known:
                return VerifyResult(path, [data, _settings(opened, None)], version("sweep-lab"))
            trainings = at_trainings(remaking, store, damage, way, parts[1] / STORE_FILE)
            result = remaking.write(store, parts[2])
        settings = _settings(opened, result)
        made_by = _made_by(opened)
        by_this_version = made_by == version("sweep-lab")
        files = at_files(path, parts[2], by_this_version=by_this_version)
        looks = [data, settings, *trainings, at_weights(path, parts[2]), *files]
    return VerifyResult(path, looks, made_by)


def _made_by(opened: Reopened) -> str:
    versions = opened.record.get("versions")
    return str(versions.get("sweep-lab")) if isinstance(versions, dict) else "?"


# ---- what was learned from, and what was set ----------------------------------------------------


def _of_seed(opened: Reopened) -> Dataset | None:
    """Return the data that the settings speak of, where those are generated ones."""
    question = opened.question
    if question.data not in GENERATORS:
        return None
    return generated(question.data, question.data_seed)


def _which_data(opened: Reopened, store: Store) -> tuple[Remaking, bool]:
    """Return which data the trainings that are claimed learned from, and whether that is known.

    If ``data/`` were edited it is those of the seed, and if the fingerprint in ``run.json`` was,
    it is what ``data/`` has.
    """
    recorded = str(opened.record["data"]["fingerprint"])
    candidates = [(opened.dataset, opened.dataset.fingerprint), (_of_seed(opened), recorded)]
    claimed = {row.get("key") for row in _rows(opened.path / "trials.csv")}
    for data, fingerprint in candidates:
        if data is not None:
            remaking = Remaking(opened, data, fingerprint)
            trials = remaking.trials
            kept = {trial.key for trial, _ in store.outcomes(trials, arrays=False)}
            if kept or claimed & {trial.key for trial in trials}:
                return remaking, True
    return Remaking(opened, opened.dataset, recorded), False


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV; none if it can't be read."""
    return list(csv.DictReader(text_of(path).splitlines()))


def _data(opened: Reopened, remaking: Remaking) -> CheckResult:
    """Look at ``data/``: its fingerprint, its sizes, and if it is what the seed gives."""
    data, recorded = opened.dataset, opened.record["data"]
    faults: list[Text] = []
    if data.fingerprint != recorded["fingerprint"]:
        words = Text(
            "its fingerprint is {there}, and run.json has {recorded}",
            "指纹为 {there}，而 run.json 记的是 {recorded}",
        )
        faults.append(
            words.fill(there=data.fingerprint[:16], recorded=str(recorded["fingerprint"])[:16])
        )
    for name, n in (("training", data.train_x), ("validation", data.validation_x)):
        if recorded.get(name) not in (None, len(n)):
            faults.append(_RECORD.fill(name=name, there=recorded[name], should=len(n)))
    true = _of_seed(opened) or remaking.dataset
    for name, arrays in true.course_files().items():
        unlike = differences.of_arrays(data.course_files()[name], arrays)
        faults += [IN.fill(place=f"data/{name}", fault=fault) for fault in unlike]
    question = opened.question
    words = Text("fingerprint {print}", "指纹 {print}")
    if question.data in GENERATORS:
        words = Text(
            "fingerprint {print}, {name} of the data seed {seed}",
            "指纹 {print}，数据种子 {seed} 的 {name}",
        )
    found = words.fill(print=data.fingerprint[:16], name=question.data, seed=question.data_seed)
    return CheckResult(Text("data", "数据"), found, faults)


def _settings(opened: Reopened, result: GridResult | None) -> CheckResult:
    """Look at the settings in ``run.json``: if there are trainings by them, and the command."""
    question, recorded = opened.question, str(opened.record.get("command"))
    faults = []
    command = recorded.partition(" --lang")[0]
    command = command.replace(" --eta ", " --learning-rate ").replace(" --hidden ", " --n-hidden ")
    if command != question.command():
        words = Text(
            "run.json: by its settings the command is `{should}`, and it has `{there}`",
            "run.json：按其设置命令应为 `{should}`，而记的是 `{there}`",
        )
        faults.append(words.fill(should=question.command(), there=recorded))
    if result is None:
        faults.append(
            Text(
                "neither the store nor trials.csv has a training by these settings and data, so "
                "one of the two was changed, and nothing else was looked at",
                "结果库和 trials.csv 中没有按这些设置和数据训练的结果，说明设置或数据被改过，"
                "其余未检查",
            )
        )
    else:
        states = {str(k): int(n) for k, n in result.frame.state.value_counts().items()}
        if opened.record.get("states") != states:
            there = opened.record.get("states")
            faults.append(_RECORD.fill(name="states", there=str(there), should=str(states)))
    command = question.command()
    return CheckResult(Text("settings", "设置"), Text(command, command), faults)


_RECORD = Text(
    "run.json: {name} {there} instead of {should}", "run.json：{name} {there}，应为 {should}"
)
