"""What holds, what does not, and what is said and kept of it."""

import inspect
import re

import numpy as np
import pytest

from unsteady import claims
from unsteady.claims import ClaimError, claim


@pytest.fixture(autouse=True)
def no_records(monkeypatch):
    monkeypatch.setattr(claims, "records", [])


HOLD = [
    {"measured": 1.0, "equals": 1.0},
    {"measured": 1.05, "equals": 1.0, "rtol": 0.06},
    {"measured": 1.05, "equals": 1.0, "atol": 0.06},
    {"measured": 1.05, "equals": 1.0, "rtol": 0.01, "atol": 0.06},
    {"measured": -1.05, "equals": -1.0, "rtol": 0.06},
    {"measured": 0.9, "below": 1.0},
    {"measured": 1.1, "above": 1.0},
    {"measured": 1.1, "between": (1.0, 1.2)},
    {"measured": np.array([[1, 2], [3, 4]]), "above": 0},
    {"measured": [1, 2], "equals": np.array([1, 2])},
    {"measured": [1, 20], "above": [0.5, 15]},
    {"measured": [1, 20], "between": ([0, 15], [2, 25])},
    {"measured": np.float32(3), "equals": 3},
]
FAIL = [
    {"measured": 1.0000001, "equals": 1.0},
    {"measured": 1.07, "equals": 1.0, "rtol": 0.06},
    {"measured": 1.0, "below": 1.0},
    {"measured": 1.0, "above": 1.0},
    {"measured": 1.0, "between": (1.0, 1.2)},
    {"measured": 1.2, "between": (1.0, 1.2)},
    {"measured": [5, 5, -1], "above": 0},
    {"measured": [1, 2], "above": [0.5, 15]},
    {"measured": float("nan"), "above": 0},
    {"measured": [1.0, float("nan")], "below": 2},
    {"measured": float("nan"), "equals": float("nan")},
    {"measured": float("inf"), "between": (0, 1)},
]


@pytest.mark.parametrize("arguments", HOLD, ids=str)
def test_what_holds_is_printed_and_kept(arguments, capsys):
    claim("an-id", "it is so", **arguments)
    assert re.fullmatch(r"\[an-id\] it is so: measured .*, expected .*\n", capsys.readouterr().out)
    assert len(claims.records) == 1
    assert claims.records[0].margin >= 0


@pytest.mark.parametrize("arguments", FAIL, ids=str)
def test_what_does_not_hold_raises_and_is_not_kept(arguments, capsys):
    with pytest.raises(ClaimError, match=r"^\[an-id\] it is so: measured .*, expected .*; it does not hold"):
        claim("an-id", "it is so", **arguments)
    assert capsys.readouterr().out == ""
    assert claims.records == []


def test_a_failure_names_both_numbers_and_the_place():
    line = inspect.currentframe().f_lineno + 2
    with pytest.raises(ClaimError) as failure:
        claim("an-id", "it is so", measured=0.123, above=0.5)
    said = str(failure.value)
    assert "measured 0.123, expected above 0.5" in said
    assert said.endswith(f"({__file__}:{line})")
    assert isinstance(failure.value, AssertionError)


def test_a_record_holds_what_the_site_needs():
    claim("an-id", "it is so", measured=np.array([1.0, 3.0]), below=4)
    line = inspect.currentframe().f_lineno - 1
    assert claims.records[0].as_dict() == {
        "id": "an-id",
        "statement": "it is so",
        "measured": [1.0, 3.0],
        "bound": "below 4",
        "margin": 1.0,
        "script": __file__,
        "line": line,
    }
    claim("another", "it is so", measured=0.98, equals=1.0, rtol=0.05)
    assert claims.records[1].measured == 0.98
    assert claims.records[1].bound == "1 ± 5 %"
    assert claims.records[1].margin == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"measured": 1}, TypeError, "exactly one of .*got none"),
        ({"measured": 1, "above": 0, "below": 2}, TypeError, "exactly one of .*got below, above"),
        ({"measured": 1, "above": 0, "rtol": 0.1}, TypeError, "rtol and atol go with equals"),
        ({"measured": "1", "above": 0}, TypeError, "measured must be a number .*'1'"),
        ({"measured": None, "above": 0}, TypeError, "measured must be a number .*None"),
        ({"measured": [], "above": 0}, ValueError, "measured must hold at least one value"),
        (
            {"measured": [1, 2, 3], "above": [0, 0]},
            ValueError,
            "above must be one number or 3 like measured, got 2",
        ),
        ({"measured": 1, "between": (0, 1, 2)}, ValueError, "between must be a pair"),
        ({"id": "An id", "measured": 1, "above": 0}, ValueError, "id must be lower-case words .*'An id'"),
        ({"id": "", "measured": 1, "above": 0}, ValueError, "id must be lower-case"),
    ],
)
def test_bad_calls_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        claim(**({"id": "an-id", "statement": "it is so"} | arguments))


def test_one_number_is_one_however_it_comes():
    claims.records.clear()
    for name, measured in (("a-0", 3), ("a-1", np.float64(3)), ("a-2", np.array(3.0)), ("a-3", [3])):
        claims.claim(name, "three", measured=measured, equals=3)
    assert [record.measured for record in claims.records] == [3.0, 3.0, 3.0, [3.0]]
    claims.records.clear()


def test_a_few_values_are_written_out_each_with_its_bounds(capsys):
    claim("few", "a few", measured=[1, 20], between=([0, 15], [2, 25]))
    claim("alike", "alike", measured=[1, 2], between=(0, 3))
    claim("many", "many", measured=range(9), between=([-1] * 9, 9))
    assert capsys.readouterr().out.splitlines() == [
        "[few] a few: measured 1, 20, expected between 0 and 2, 15 and 25",
        "[alike] alike: measured 1, 2, expected between 0 and 3",
        "[many] many: measured 0 to 8 (9 values), expected between -1 to -1 (9 values) and 9 to 9 (9 values)",
    ]
