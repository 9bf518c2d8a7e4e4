"""Of forty hand-ins with known content, every cell is read right, and what is no good is told."""

import pytest
from studies_tests.hand_ins import MISSING, RATES, SIZES, UNREADABLE, Told, write_class

from reports.check.table_layouts import ExpectedTable
from studies.checking.hand_ins.files import hand_ins_in
from studies.checking.tables import table_in

ASKED = ExpectedTable(SIZES, RATES)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class") / "class"
    return folder, write_class(folder)


def read(file):
    """Return what is read of each cell, as it is known."""
    found = {}
    for cell, entry in table_in(file, ASKED).entries.items():
        told = Told(entry.epochs, entry.more, entry.accuracy)
        found[cell] = told if entry.understood and entry.tells else UNREADABLE
        if entry.is_empty:
            found[cell] = MISSING
    return found


def test_every_cell_of_forty_hand_ins_is_read_right(written):
    folder, known = written
    found, _ = hand_ins_in(folder, folder / "check.csv")
    assert len(known) == 40
    assert {each.name for each in found} == {*known}
    wrong = {}
    for hand_in in found:
        cells = read(hand_in)
        expected = known[hand_in.name]
        wrong |= {
            (hand_in.name, cell): (told, cells.get(cell))
            for cell, told in expected.items()
            if cells.get(cell, MISSING) != told
        }
    assert not wrong
