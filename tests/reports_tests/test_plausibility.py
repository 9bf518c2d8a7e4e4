"""A cell is held against its repeats: what never ended, what was rounded, how it was counted."""

import numpy as np
import pandas as pd
from cases import each_of

from reports.check.document import Check
from reports.check.phrases import read_entry
from reports.check.plausibility import Reference, Rules, Verdict, judge, judge_table
from reports.check.table_layouts import StudentsTable
from reports.words import Text, language

RULES = Rules()
CELL = (2, 0.1)


def repeats(epochs, accuracies=None, state=None):
    """Return the reference of repeats; None as epochs is a training that used up all of them."""
    n = len(epochs)
    state = state or ["exhausted" if e is None else "converged" for e in epochs]
    return Reference.of(
        pd.DataFrame(
            {
                "repeat": range(n),
                "state": state,
                "epochs": [e or 10000 for e in epochs],
                "test_r2": np.linspace(0.96, 0.98, n) if accuracies is None else accuracies,
                "validation_r2": np.linspace(0.93, 0.95, n),
            }
        )
    )


ALL_CONVERGE = repeats([2000 + 10 * i for i in range(200)])  # 2000 to 3990
HALF_CONVERGE = repeats([6000 + 40 * i if i < 100 else None for i in range(200)])
NONE_CONVERGE = repeats([None] * 200, np.linspace(0.7, 0.8, 200))


def verdict(text, reference):
    return judge(CELL, read_entry(text), reference, RULES).verdict


@each_of(
    ("text", "reference", "expected"),
    [
        ("3000", ALL_CONVERGE, Verdict.TYPICAL),
        ("100", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("9000", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("10000 / 0.97", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("未收敛 / 0.97", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("1960", ALL_CONVERGE, Verdict.TYPICAL),  # one evaluation more or less
        ("1940", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("4030", ALL_CONVERGE, Verdict.TYPICAL),
        ("9950", HALF_CONVERGE, Verdict.TYPICAL),
        ("10000 / 0.97", HALF_CONVERGE, Verdict.TYPICAL),
        ("10000", HALF_CONVERGE, Verdict.NO_ACCURACY),
        (">10000", HALF_CONVERGE, Verdict.NO_ACCURACY),
        ("12000 / 0.97", HALF_CONVERGE, Verdict.TYPICAL),
        ("5000", NONE_CONVERGE, Verdict.IMPLAUSIBLE),
        (">10000 / 0.75", NONE_CONVERGE, Verdict.TYPICAL),
        (">10000 / 0.97", NONE_CONVERGE, Verdict.IMPLAUSIBLE),
        ("3000 / 0.97", ALL_CONVERGE, Verdict.TYPICAL),
        ("3000 / 97 %", ALL_CONVERGE, Verdict.TYPICAL),
        ("3000 / 0.5", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("3000 / 0.999", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("3000 / 1.0", ALL_CONVERGE, Verdict.TYPICAL),  # rounded it may be 0.95
        ("0.97", ALL_CONVERGE, Verdict.TYPICAL),
        ("发散", ALL_CONVERGE, Verdict.IMPLAUSIBLE),
        ("发散", repeats([100] * 199 + [50], state=["converged"] * 199 + ["diverged"]), "typical"),
        ("-", ALL_CONVERGE, Verdict.MISSING),
        ("hello", ALL_CONVERGE, Verdict.UNREADABLE),
    ],
)
def test_a_cell_gets_the_verdict_that_its_repeats_carry(text, reference, expected):
    assert verdict(text, reference) == expected


def test_a_cell_that_is_not_there_is_missing():
    assert judge(CELL, None, ALL_CONVERGE).verdict is Verdict.MISSING


def test_one_of_two_hundred_repeats_is_inside_the_range():
    reference = repeats([500] + [3000] * 199)
    assert verdict("500", reference) is Verdict.TYPICAL
    assert verdict("440", reference) is Verdict.IMPLAUSIBLE
    assert reference.range == (500, 3000, 3000)
    larger = repeats([500] + [3000] * 999)  # one of a thousand is not
    assert verdict("500", larger) is Verdict.IMPLAUSIBLE


def test_an_accuracy_is_compared_with_repeats_that_ended_likewise():
    accuracies = [0.97] * 100 + [0.75] * 100
    reference = repeats([3000] * 100 + [None] * 100, accuracies)
    assert verdict("3000 / 0.75", reference) is Verdict.IMPLAUSIBLE
    assert verdict("10000 / 0.75", reference) is Verdict.TYPICAL
    assert verdict("10000 / 0.97", reference) is Verdict.IMPLAUSIBLE
    few = repeats([3000] * 190 + [None] * 10, [0.97] * 190 + [0.75] * 10)  # too few to compare with
    assert verdict("10000 / 0.97", few) is Verdict.TYPICAL


def test_an_accuracy_of_the_validation_set_is_no_fault():
    judged = judge(CELL, read_entry("3000 / 0.940"), ALL_CONVERGE)
    assert judged.verdict is Verdict.TYPICAL
    assert "validation set" in str(judged.remarks[0])


@each_of("text", ["3000", "2999", "2949", "10000 / 0.97"])
def test_counts_from_zero_or_one_need_no_remark(text):
    assert not judge(CELL, read_entry(text), HALF_CONVERGE).remarks


@each_of(
    ("text", "remark"),
    [
        ("3017", "not a multiple of 50"),
        ("20000 / 0.97", "more than the 10000"),
        (">5000 / 0.97", "stopped before the 10000"),
        ("0.97", "an accuracy without epochs"),
    ],
)
def test_what_is_odd_but_not_wrong_is_remarked(text, remark):
    assert remark in str(judge(CELL, read_entry(text), HALF_CONVERGE).remarks[0])


# ---- a table as a whole -------------------------------------------------------------------------


def table(rng_seed=0, n=200, cells=16):
    """Return references whose cells go together: a factor of the repeat is in all of them."""
    rng = np.random.default_rng(rng_seed)
    factor = rng.lognormal(0, 0.3, n)
    return [repeats(list(np.round(2000 * factor * rng.lognormal(0, 0.1, n)))) for _ in range(cells)]


def whole(texts, references):
    judged = [
        judge((2, float(i + 1)), read_entry(t), r)
        for i, (t, r) in enumerate(zip(texts, references, strict=True))
    ]
    return judge_table(judged, RULES)


def test_honest_tables_are_seldom_odd_and_lie_anywhere():
    references, others = table(0), table(1)
    quicker, odd = [], []
    for repeat in range(100):  # of another seed, so none of them is in the references
        found = whole([str(int(r.times[repeat])) for r in others], references)
        quicker.append(found.quicker)
        odd.append(found.as_odd)
    assert 0.35 < np.mean(quicker) < 0.65
    assert np.mean(np.array(odd) < 0.05) < 0.12


def test_a_table_that_is_slow_everywhere_is_implausible_as_a_whole_though_no_cell_is():
    references = [HALF_CONVERGE] * 8 + table(cells=8)
    texts = ["10000"] * 8 + ["3600"] * 8
    found = whole(texts, references)
    assert found.is_implausible
    assert found.quicker == 1.0


@each_of("unread", ["0.97", "", "hello"])
@each_of("n_read", [0, 1, 2, 3])
def test_a_table_is_judged_as_a_whole_only_where_most_epochs_can_be_read(n_read, unread):
    found = whole(["100"] * n_read + [unread] * (4 - n_read), [ALL_CONVERGE] * 4)
    assert found.n_read == n_read
    assert np.isfinite(found.quicker) == (n_read > 2)
    assert found.is_implausible == (n_read > 2)
    assert not found.quicker > 0


# ---- the document -------------------------------------------------------------------------------


def checked(texts, references=None):
    cells = [(size, rate) for size in (2, 5) for rate in (0.1, 0.3)]
    entries = {c: read_entry(t) for c, t in zip(cells, texts, strict=True)}
    references = references or [ALL_CONVERGE] * 4
    judged = [judge(c, entries[c], r) for c, r in zip(cells, references, strict=True)]
    found = StudentsTable(entries, Text("so", "如此"))
    return Check("a|b<i>\x1b.md", found, judged, RULES, Text("200 repeats", "200 次重复"))


def test_the_document_marks_each_cell_and_gives_the_range():
    text = checked(["3000", "100", "", "hello | <3>"]).document()
    assert "3000 ✓" in text
    assert "100 ✗" in text
    assert "hello \\| &lt;3> ?" in text
    assert "2990 (2000 – 3980)" in text
    assert "- 1 of 4 cells are typical." in text
    assert "as a whole is not judged: epochs can be read in 2 of its 4 cells." in text
    assert "not one of 200 repeats was so fast" in text
    assert "Missing: (batch size 5, η 0.1)." in text
    assert "## a\\|b&lt;i>?.md" in text


def test_the_document_speaks_chinese():
    with language("zh"):
        text = checked(["3000", "100", "10000", ""], [HALF_CONVERGE] * 4).document()
    assert "4 格中有 0 格正常" in text
    assert "缺失：（批大小 5，η 0.3）。" in text
    assert "没有按课程要求填写准确率：（批大小 5，η 0.1）“10000”。" in text


def test_json_tells_each_cell_with_its_repeats():
    content = checked(["3000 / 0.97", "100", "10000", ""], [HALF_CONVERGE] * 4).as_json()
    assert content["counts"] == {
        "typical": 0,
        "implausible": 2,
        "no accuracy": 1,
        "missing": 1,
        "unreadable": 0,
    }
    first, _, third, _ = content["cells"]
    assert (first["epochs"], first["accuracy"], first["reached"]) == (3000, 0.97, True)
    assert (third["reached"], third["verdict"]) == (False, "no accuracy")
    assert third["repeats"]["epochs_high"] is None
    assert third["repeats"]["share_reached"] == 0.5
    assert 0.96 <= third["repeats"]["accuracy_low"] < third["repeats"]["accuracy_high"] <= 0.98
