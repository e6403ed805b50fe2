"""What holds, what does not, and what is said and kept of it."""

import inspect
import re

import numpy as np
import pytest

from unsteady.gallery import ClaimError, claim, claims


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
    {"measured": {"a": 1, "b": np.float64(2)}, "above": 0},
    {"measured": {"a": 1, "b": np.array(2)}, "equals": {"b": 2, "a": 1}},
    {"measured": {"a": 1, "b": 20}, "below": {"a": 2, "b": 25}},
    {"measured": {"a": 1, "b": 2}, "between": (0, 3)},
    {"measured": {"a": 1, "b": 20}, "between": {"b": (15, 25), "a": (0, 2)}},
    {"measured": {"a": 1e9, "b": -1e9}, "between": {"a": (0, None), "b": (None, 0)}},
    {"measured": {"a": 1e9, "b": -1e9}, "between": {"a": (0, np.inf), "b": (-np.inf, 0)}},
    {"measured": [1, 20], "between": ([0, 15], [2, np.inf])},
    {"measured": 1, "between": [0, 2]},
    {"measured": np.float32(1), "equals": 1, "rtol": np.float32(0.1), "atol": 0},
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
    {"measured": {"a": 1, "b": 20}, "above": {"a": 0.5, "b": 25}},
    {"measured": {"b": 1, "a": 20}, "between": {"a": (0, 2), "b": (15, 25)}},
    {"measured": {"a": 1, "b": float("nan")}, "below": 2},
    {"measured": {"a": 0, "b": -1}, "between": {"a": (0, None), "b": (None, 0)}},
    {"measured": {"a": 1, "b": 1}, "between": {"a": (0, None), "b": (-np.inf, 0)}},
    {"measured": float("inf"), "below": 3},
]


@pytest.mark.parametrize("arguments", HOLD, ids=str)
def test_what_holds_is_printed_and_kept(arguments, capsys):
    claim("an-id", "it is so", **arguments)
    assert re.fullmatch(r"\[an-id\] it is so: measured .*, expected .*\n", capsys.readouterr().out)
    assert len(claims.records) == 1
    assert claims.records[0].margin >= 0


@pytest.mark.parametrize("arguments", FAIL, ids=str)
def test_what_does_not_hold_raises_and_is_not_kept(arguments, capsys):
    with pytest.raises(ClaimError, match=r"^\[an-id\] it is so: measured .*, expected .*. It does not hold"):
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
        "otherwise": "",
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
        ({"measured": {}, "above": 0}, ValueError, "measured must hold at least one value"),
        ({"measured": {"a": [1, 2]}, "above": 0}, ValueError, r"measured\['a'\] must be one number"),
        ({"measured": {"a": "x"}, "above": 0}, TypeError, r"measured\['a'\] must be a number"),
        (
            {"measured": {"a": 1, "b": 2}, "above": {"a": 0, "c": 0}},
            ValueError,
            "above must have the names of measured: missing 'b'; unknown 'c'",
        ),
        (
            {"measured": {"a": 1, "b": 2}, "between": {"a": (0, 2)}},
            ValueError,
            "between must have the names of measured: missing 'b'$",
        ),
        ({"measured": {"a": 1}, "between": {"a": 3}}, ValueError, r"between\['a'\] must be a pair .*3"),
        ({"measured": {"a": 1}, "between": 3}, ValueError, "between must be a pair .*3"),
        (
            {"measured": {"a": 1, "b": 2}, "above": [0, 0]},
            ValueError,
            "above must be one number or a mapping with the names of measured",
        ),
        (
            {"measured": {"a": 1, "b": 2}, "between": ([0, 0], [3, 3])},
            ValueError,
            "between must be one pair .* or a mapping of pairs by name",
        ),
        ({"measured": [1, 2], "above": {"a": 0}}, ValueError, "above has names, and measured has none"),
        ({"measured": 1, "between": {"a": (0, 2)}}, ValueError, "between has names, and measured has none"),
        ({"measured": 1, "above": 0, "otherwise": 3}, TypeError, "otherwise must be a string, got 3"),
        ({"id": "An id", "measured": 1, "above": 0}, ValueError, "id must be lower-case words .*'An id'"),
        ({"id": "", "measured": 1, "above": 0}, ValueError, "id must be lower-case"),
        ({"id": 3, "measured": 1, "above": 0}, TypeError, "id must be a string, got 3"),
        ({"statement": 3, "measured": 1, "above": 0}, TypeError, "statement must be a string, got 3"),
        ({"statement": " ", "measured": 1, "above": 0}, ValueError, "statement must not be empty"),
        ({"measured": {"a": 1}.values(), "above": 0}, TypeError, "measured must not be a set or a view"),
        ({"measured": {"a": 1}.items(), "above": 0}, TypeError, "measured must not be a set or a view"),
        ({"measured": {1, 2}, "above": 0}, TypeError, "measured must not be a set or a view"),
        ({"measured": [frozenset({1, 2})], "above": 0}, TypeError, "measured must not be a set or a view"),
        ({"measured": [1, 2], "above": {"a": 0, "b": 1}.values()}, TypeError, "above must not be a set"),
        ({"measured": [1, 2], "equals": {1, 2}}, TypeError, "equals must not be a set or a view"),
        ({"measured": 1, "between": {0, 2}}, ValueError, "between must be a pair"),
        ({"measured": 1, "between": {"a": 0, "b": 2}.values()}, ValueError, "between must be a pair"),
        ({"measured": {"a": 1}, "between": {"a": {0, 2}}}, ValueError, r"between\['a'\] must be a pair"),
        ({"measured": [1, 2], "between": ({0, 1}, {2, 3})}, TypeError, "between must not be a set"),
        ({"measured": 1, "between": (-np.inf, np.inf)}, ValueError, "between must have a finite end"),
        ({"measured": 1, "between": (None, None)}, ValueError, "between must have a finite end"),
        (
            {"measured": {"a": 1, "b": 1}, "between": {"a": (0, 2), "b": (None, np.inf)}},
            ValueError,
            r"between\['b'\] must have a finite end",
        ),
        ({"measured": 1, "between": (2, None, 3)}, ValueError, "between must be a pair"),
        ({"measured": 1, "between": (np.inf, None)}, ValueError, "low below high"),
        ({"measured": 1, "above": -np.inf}, ValueError, "above must be finite"),
        ({"measured": 1, "below": np.inf}, ValueError, "below must be finite"),
        ({"measured": [1, 2], "below": [3, np.inf]}, ValueError, "below must be finite"),
        ({"measured": {"a": 1}, "above": {"a": -np.inf}}, ValueError, "above must be finite"),
        ({"measured": 1, "equals": 1, "atol": np.inf}, ValueError, "atol must be finite .*inf"),
        ({"measured": 1, "equals": 1, "rtol": np.nan}, ValueError, "rtol must be finite .*nan"),
        ({"measured": 1, "equals": 1, "rtol": -0.1}, ValueError, "rtol must be .*not negative, got -0.1"),
        ({"measured": 1, "equals": 1, "atol": -1}, ValueError, "atol must be .*not negative, got -1"),
        ({"measured": 1, "equals": 1, "atol": "1"}, TypeError, "atol must be a number, got '1'"),
        ({"measured": 1, "equals": 1, "rtol": None}, TypeError, "rtol must be a number, got None"),
        ({"measured": 1, "equals": 1, "rtol": True}, TypeError, "rtol must be a number, got True"),
        ({"measured": True, "above": 0}, TypeError, "measured must be a number .*True"),
        ({"measured": np.True_, "above": 0}, TypeError, "measured must be a number .*True"),
        ({"measured": np.array([True, True]), "equals": 1}, TypeError, "measured must be a number .*True"),
        ({"measured": {"a": True}, "equals": 1}, TypeError, r"measured\['a'\] must be a number .*True"),
        ({"measured": 1, "equals": True}, TypeError, "equals must be a number .*True"),
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
    claim("many", "many", measured=range(9), above=range(-1, 8))
    assert capsys.readouterr().out.splitlines() == [
        "[few] a few: measured 1, 20, expected between 0 and 2, between 15 and 25",
        "[alike] alike: measured 1, 2, expected between 0 and 3",
        "[many] many: measured 0 to 8 (9 values), expected above -1, ..., above 7 (9 bounds)",
    ]


def test_values_with_names_are_printed_kept_and_refused_by_name(capsys):
    measured = {"averaged weights": np.float64(0.04), "clipped": 0.4}
    ranges = {"clipped": (0.2, 0.8), "averaged weights": (0, 0.15)}
    claim("left", "jitter left", measured=measured, between=ranges, otherwise="all would be near 1")
    expected = "averaged weights: between 0 and 0.15, clipped: between 0.2 and 0.8"
    assert capsys.readouterr().out == (
        f"[left] jitter left: measured averaged weights: 0.04, clipped: 0.4, expected {expected}\n"
    )
    record = claims.records[0].as_dict()
    assert record["measured"] == {"averaged weights": 0.04, "clipped": 0.4}
    assert list(record["measured"]) == ["averaged weights", "clipped"]
    assert type(record["measured"]["averaged weights"]) is float
    assert record["bound"] == expected
    assert record["margin"] == pytest.approx(0.04)
    assert record["otherwise"] == "all would be near 1"

    exchanged = {"averaged weights": 0.4, "clipped": 0.4}
    own = r"averaged weights: 0\.4, expected between 0 and 0\.15\. If it were false: all are 1 \("
    with pytest.raises(ClaimError, match=own):
        claim("left", "jitter left", measured=exchanged, between=ranges, otherwise="all are 1")


def test_a_failing_value_is_shown_with_enough_digits():
    with pytest.raises(ClaimError, match=r"It does not hold: 1\.00000001, expected 1"):
        claim("one", "it is one", measured=1.00000001, equals=1)


def test_an_open_end_is_no_end_and_the_margin_is_to_the_other():
    measured = {"batch 1": 2.0, "batch 16": 0.7, "batch 128": -0.5}
    ranges = {"batch 1": (0, None), "batch 16": (0, 1), "batch 128": (-np.inf, 0)}
    claim("signs", "change of the loss", measured=measured, between=ranges)
    record = claims.records[0]
    assert record.bound == "batch 1: above 0, batch 16: between 0 and 1, batch 128: below 0"
    assert record.margin == pytest.approx(0.3)
    claim("sign", "change of the loss", measured={"batch 128": -0.5}, between={"batch 128": (None, 3)})
    assert (claims.records[1].bound, claims.records[1].margin) == ("below 3", 3.5)


def test_all_that_the_module_gives_is_named():
    defined = [
        name for name, value in vars(claims).items() if getattr(value, "__module__", "") == claims.__name__
    ]
    public = {name for name in defined if not name.startswith("_")}
    assert public <= set(claims.__all__) <= set(vars(claims))


def test_one_bound_for_all_names_is_shown_once():
    claim("left", "jitter left", measured={"a": 1, "b": 2}, between=(0, 3))
    assert claims.records[0].bound == "between 0 and 3"


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a[0]", "a]", "a:b", "a`b", "a\\b", "a\nb", "3", "-1", 3, None, ("a", "b")]
)
def test_a_name_that_no_page_could_quote_is_refused(name):
    with pytest.raises(ValueError, match="a name in measured must be"):
        claim("an-id", "it is so", measured={name: 1}, above=0)


@pytest.mark.parametrize("name", ["a", "batch 32", "rate / 4", "η = 0.1", "0.1", "100 %", "3 of 4"])
def test_a_name_may_be_plain_words(name):
    claim("an-id", "it is so", measured={name: 1}, above=0)
    assert claims.records[0].measured == {name: 1.0}


def test_a_bound_that_holds_has_a_margin_that_is_not_negative():
    bounds = [claims.Equals(2, rtol=0.1), claims.Between(1, 3), claims.Above(1), claims.Below(3)]
    for bound in bounds:
        assert bound.holds(2.1)
        assert bound.margin(2.1) > 0
        assert not bound.holds(float("nan"))
    assert [bound.margin(2.5) for bound in bounds] == pytest.approx([-0.3, 0.5, 1.5, 0.5])
    assert [bound.holds(3) for bound in bounds] == [False, False, True, False]
