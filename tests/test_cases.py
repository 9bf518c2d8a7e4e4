"""Tests of many cases hold each of them, and name those that fail."""

import pytest
from cases import each_of


def test_all_cases_are_tried_and_those_that_fail_are_named():
    tried = []

    @each_of("a, b", [(1, 2), (3, 3), (4, 5)])
    def equal(a, b, tmp_path):
        tried.append((a, b, tmp_path))
        assert a == b

    with pytest.raises(ExceptionGroup, match="2 of 3 cases") as caught:
        equal(tmp_path="here")
    assert tried == [(1, 2, "here"), (3, 3, "here"), (4, 5, "here")]
    notes = [failure.__notes__ for failure in caught.value.exceptions]
    assert notes == [["Case: {'a': 1, 'b': 2}"], ["Case: {'a': 4, 'b': 5}"]]
