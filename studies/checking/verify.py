"""Whether a run directory holds what it claims: trained again, and compared line by line.

The store is copied, and what is not whole in the copy is left out. Some of its trainings, or all,
are done again from ``run.json`` and ``data/`` alone. From that all files are made anew, and those
in the directory are compared with them.
"""

import csv
import secrets
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from network.data.datasets import generated
from network.data.generated import GENERATORS
from reports.check import differences
from reports.words import LANGUAGES, Text, joined, language
from studies.checking.comparisons import IN, CheckResult, at_files, at_weights, text_of
from studies.checking.remaking import copied_store, write_again
from studies.checking.retraining import VerifyOptions, at_trainings
from studies.experiment.plan import Plan
from studies.experiment.run_directory import STORE_FILE
from studies.homework import assignment
from studies.saved.saved_run import SavedRun, open_run
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
    """Verify a run directory of the homework, a study, or a TOML file.

    Raises
    ------
    InputError, SweepError
        If it is none, or can't be judged: trainings mean something else now.
    """
    saved = open_run(path)
    if "rescored_from" in saved.record:
        raise SweepError(
            f"{path} is a report of a run under looser rules; verify the run itself, {path.parent}."
        )
    if not saved.study.plans:
        raise SweepError(f"{path} holds a study that trains nothing, so nothing can be verified.")
    made_by = _made_by(saved)
    with tempfile.TemporaryDirectory(prefix="sweep-verify-") as name:
        parts = [Path(name) / part for part in ("store", "trained", "remade")]
        for part in parts:
            part.mkdir()
        with copied_store(path, parts[0]) as (store, damage):
            plans, known = _with_their_data(saved, store)
            true = replace(saved, study=replace(saved.study, plans=plans))
            data = _data(saved, plans)
            if not known:
                looks = [data, _settings(true, store, known=False)]
                return VerifyResult(path, looks, version("sweep-lab"))
            trainings = at_trainings(true, store, damage, way, parts[1] / STORE_FILE)
            looks = [data, _settings(true, store, known=True), *trainings]
            write_again(true, store, parts[2])
        axes = {axis for plan in plans.values() for axis in plan.axes}
        looks.append(at_weights(path, parts[2]))
        by_this_version = made_by == version("sweep-lab")
        looks += at_files(path, parts[2], axes, by_this_version=by_this_version)
    return VerifyResult(path, looks, made_by)


def _made_by(saved: SavedRun) -> str:
    versions = saved.record.get("versions")
    return str(versions.get("sweep-lab")) if isinstance(versions, dict) else "?"


# ---- what was learned from, and what was set ----------------------------------------------------


def _of_seed(plan: Plan) -> Plan:
    """Return a plan with the data that it names, where those are generated ones."""
    if plan.data not in GENERATORS:
        return plan
    return replace(plan, dataset=generated(plan.data, plan.data_seed))


def _with_their_data(saved: SavedRun, store: Store) -> tuple[dict[str, Plan], bool]:
    """Return plans with the data that the claimed trials learned from, and whether all are known.

    If ``data/`` was edited, these are the data of the seed.
    """
    claimed = {row.get("key") for row in _rows(saved.path / "trials.csv")}
    found, known = dict(saved.study.plans), True
    for name, plan in saved.study.plans.items():
        for candidate in (plan, _of_seed(plan)):
            trials = candidate.trials
            kept = {trial.key for trial, _ in store.outcomes(trials, arrays=False)}
            if kept or claimed & {trial.key for trial in trials}:
                found[name] = candidate
                break
        else:
            known = False
    return found, known


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV; none if it can't be read."""
    return list(csv.DictReader(text_of(path).splitlines()))


def _data(saved: SavedRun, true: Mapping[str, Plan]) -> CheckResult:
    """Look at ``data/``: the fingerprints, and whether it is what the seed gives."""
    faults, said = list[Text](), dict[str, Text]()
    for name, plan in saved.study.plans.items():
        part, data = saved.parts[name], plan.objective.dataset
        if (folder := part["folder"]) in said:
            continue
        if data.fingerprint != part["fingerprint"]:
            words = Text(
                "its fingerprint is {there}, and run.json has {recorded}",
                "指纹为 {there}，而 run.json 记的是 {recorded}",
            )
            recorded = part["fingerprint"][:16]
            faults.append(words.fill(there=data.fingerprint[:16], recorded=recorded))
        should = (_of_seed(plan) if plan.data in GENERATORS else true[name]).objective.dataset
        for file, arrays in should.course_files().items():
            unlike = differences.of_arrays(data.course_files()[file], arrays)
            faults += [IN.fill(place=f"{folder}/{file}", fault=fault) for fault in unlike]
        words = Text("fingerprint {print}", "指纹 {print}")
        if plan.data in GENERATORS:
            words = Text(
                "fingerprint {print}, {name} of the data seed {seed}",
                "指纹 {print}，数据种子 {seed} 的 {name}",
            )
        print_ = data.fingerprint[:16]
        said[folder] = words.fill(print=print_, name=plan.data, seed=plan.data_seed)
    return CheckResult(Text("data", "数据"), joined(list(said.values())), faults)


def _settings(saved: SavedRun, store: Store, *, known: bool) -> CheckResult:
    """Look at the settings in ``run.json``: if there are trials by them, and the command."""
    recorded = str(saved.record.get("command"))
    faults = []
    command = recorded.partition(" --lang")[0]
    with language(LANGUAGES[0]):
        should = saved.command
    if saved.study.name == assignment.NAME and command != should:
        words = Text(
            "run.json: by its settings the command is `{should}`, and it has `{there}`",
            "run.json：按其设置命令应为 `{should}`，而记的是 `{there}`",
        )
        faults.append(words.fill(should=should, there=recorded))
    if not known:
        faults.append(
            Text(
                "neither the store nor trials.csv has a training by these settings and data, so "
                "one of the two was changed, and nothing else was looked at",
                "结果库和 trials.csv 中没有按这些设置和数据训练的结果，说明设置或数据被改过，"
                "其余未检查",
            )
        )
        return CheckResult(_SETTINGS, None, faults)
    for name, plan in saved.study.plans.items():
        outcomes = store.outcomes(plan.trials, arrays=False)
        states = dict(Counter(str(outcome.state) for _, outcome in outcomes))
        if (there := saved.parts[name].get("states")) != states:
            faults.append(_RECORD.fill(name="states", there=str(there), should=str(states)))
    return CheckResult(_SETTINGS, Text(should, should), faults)


_SETTINGS = Text("settings", "设置")
_RECORD = Text(
    "run.json: {name} {there} instead of {should}", "run.json：{name} {there}，应为 {should}"
)
