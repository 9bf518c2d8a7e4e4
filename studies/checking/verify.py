"""Whether a run directory holds what it claims: run again, and compared line by line.

The store is copied, and what is not whole in the copy is left out. Some of its trials, or all, are
run again from ``run.json`` and ``data/`` alone. From that all files are made anew, and those in the
directory are compared with them.
"""

import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from network.data.datasets import generated
from network.data.generated import GENERATORS
from reports.check import differences
from reports.check.differences import IN, CheckResult
from reports.words import LANGUAGES, Text, joined, language
from studies.checking.remaking import check_files, check_weights, text_of, write_again
from studies.checking.retraining import VerifyOptions, check_trials, copied_store
from studies.experiment.plan import Plan
from studies.experiment.run_directory import STORE_FILE
from studies.homework import assignment
from studies.saved.saved_run import SavedRun, open_run
from sweep.errors import SweepError
from sweep.store.store import Store


@dataclass(frozen=True)
class VerifyResult:
    """All that was compared in a run directory, and by which version of this tool it was made."""

    path: Path
    checks: Sequence[CheckResult]
    made_by: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not any(check.faults for check in self.checks)

    def __str__(self) -> str:
        wrong = sum(bool(check.faults) for check in self.checks)
        last = Text("{path} holds what it claims.", "{path} 与其声称的相符。")
        if wrong:
            last = Text(
                "{path} does not hold what it claims: {n} of {all} things differ.",
                "{path} 与其声称的不符：{all} 项中有 {n} 项不同。",
            )
        last = last.fill(path=str(self.path), n=wrong, all=len(self.checks))
        notes = [_NOT_CHECKED]
        if self.made_by != version("sweep-lab"):
            notes.append(_VERSIONS.fill(there=self.made_by, here=version("sweep-lab")))
        return "\n".join(map(str, [*self.checks, *notes, last]))


_NOT_CHECKED = Text(
    "(Not checked: Word, PDF and Excel files, figures, the page's scripts, seconds, engine, "
    "versions.)",
    "（未检查：Word、PDF 和 Excel 文件、图、网页脚本、秒数、引擎、版本。）",
)

_VERSIONS = Text(
    "(It was made by version {there} of this tool, and this is {here}, which may word things "
    "otherwise: reports, pages and statistics were not compared.)",
    "（由本工具 {there} 版生成，当前为 {here} 版，用词可能不同：未比较报告、网页和统计表。）",
)


def verify(path: Path, options: VerifyOptions) -> VerifyResult:
    """Verify a run directory of the homework, a study, or a TOML file.

    InputError or SweepError if it is none, or can't be judged: its trials mean something else now.
    """
    saved = open_run(path)
    if "rescored_from" in saved.record:
        raise SweepError(
            f"{path} is a report of a run under looser rules; verify the run itself, {path.parent}."
        )
    if not saved.study.plans:
        raise SweepError(f"{path} holds a study that trains nothing, so nothing can be verified.")
    if functions := [plan.function for plan in saved.study.plans.values() if plan.function]:
        raise SweepError(
            f"{path} was trained by {functions[0].name}, and no code that a run directory names is "
            "run to verify it; run its own command in a new directory, and compare the two."
        )
    here, made_by = version("sweep-lab"), _made_by(saved)
    with tempfile.TemporaryDirectory(prefix="sweep-verify-") as name:
        copy, again, remade = (Path(name) / part for part in ("store", "trained", "remade"))
        for folder in (copy, again, remade):
            folder.mkdir()
        with copied_store(path, copy) as (store, damage):
            plans, known = _with_their_data(saved, store)
            true = replace(saved, study=replace(saved.study, plans=plans))
            if not known:
                return VerifyResult(path, [_data(saved), _settings(true, store, known=False)], here)
            trials = check_trials(true, store, damage, options, again / STORE_FILE)
            checks = [_data(saved), _settings(true, store, known=True), *trials]
            write_again(true, store, remade)
        axes = {axis for plan in plans.values() for axis in plan.axes}
        checks.append(check_weights(path, remade))
        checks += check_files(path, remade, axes, by_this_version=made_by == here)
    return VerifyResult(path, checks, made_by)


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

    If ``data/`` was edited, these are the data of the seed. A plan is known if most of its trials
    are in the store or in ``trials.csv``.
    """
    rows = csv.DictReader(text_of(saved.path / "trials.csv").splitlines())
    claimed = {row.get("key") for row in rows}
    found, known = dict(saved.study.plans), True
    for name, plan in saved.study.plans.items():
        for candidate in (plan, _of_seed(plan)):
            keys = {trial.key for trial in candidate.trials}
            kept = {trial.key for trial, _ in store.outcomes(candidate.trials, arrays=False)}
            if 2 * len(kept | (claimed & keys)) > len(keys):
                found[name] = candidate
                break
        else:
            known = False
    return found, known


def _data(saved: SavedRun) -> CheckResult:
    """Check ``data/``: the fingerprints, and whether it is what the seed gives."""
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
        should = _of_seed(plan).objective.dataset
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
    """Check the settings in ``run.json``: if there are trials by them, and the command."""
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
        is_there = any((saved.path / name).exists() for name in (STORE_FILE, "trials.csv"))
        return CheckResult(_SETTINGS, None, [*faults, _NO_TRIAL if is_there else _NOTHING_LEFT])
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
_NOTHING_LEFT = Text(
    "trials.sqlite and trials.csv are missing, so nothing else was checked",
    "缺少 trials.sqlite 和 trials.csv，其余未检查",
)
_NO_TRIAL = Text(
    "the store and trials.csv have few or none of the trials with these settings and data, so one "
    "of the two was changed, and nothing else was checked",
    "结果库和 trials.csv 中没有（或只有少数）按这些设置和数据训练的结果，说明设置或数据被改过，"
    "其余未检查",
)
