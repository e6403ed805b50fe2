"""The JSON schema in the reference, beside what diagnoses give and what the reference lists."""

import json
import math
import re
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from made_by_hand import counts, record

from unsteady.cli import main
from unsteady.diagnosis import FINDINGS, SECTIONS, VERDICTS, Diagnosis, compare_reruns, diagnose
from unsteady.history import History

TOP = Path(__file__).parents[1]
LOGS = sorted(path for path in (TOP / "tests" / "logs").iterdir() if path.suffix not in (".py", ".txt"))
SCHEMA = json.loads((TOP / "docs" / "reference" / "diagnosis.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
KINDS = SCHEMA["$defs"]["finding"]["oneOf"]


BITS = [[(k * evaluation) % 7 < 5 for k in range(60)] for evaluation in range(1, 20)]
ROUGH, CALM = counts(400, 0.88, 20, seed=1), counts(400, 0.92, 4, seed=2)
CLIMB = [0.5 + 0.01 * k for k in range(40)]
RUNS = {
    "moves": (record(ROUGH), {"n_eval": 400}),
    "inferred": (record(ROUGH), {}),
    "no size": (record([p - 1e-4 * math.pi for p in ROUGH]), {}),
    "smaller": (record(ROUGH), {"n_eval": 800}),
    "no counts": (record(ROUGH), {"n_eval": 300}),
    "rate": (record(ROUGH + CALM, learning_rate=[0.1] * 40 + [0.01] * 40), {"n_eval": 400}),
    "calm": (record(ROUGH + [0.9] * 40, learning_rate=[0.1] * 40 + [0.01] * 40), {"n_eval": 400}),
    "short segment": (record(ROUGH + CALM[:7], learning_rate=[0.1] * 40 + [0.01] * 7), {"n_eval": 400}),
    "restart": (record([*CALM, 0.7, *CALM], learning_rate=[0.01] * 40 + [0.1] * 41), {"n_eval": 400}),
    "flips": (record([sum(row) / 60 for row in BITS]), {"correct": BITS}),
    "groups": (record([sum(row) / 60 for row in BITS]), {"correct": BITS, "groups": [0, 1, 2] * 20}),
    "no change": (record([1.0] * 20), {"correct": [[True] * 10] * 20}),
    "collapse": (record(CALM + [0.1] * 20), {"n_eval": 400}),
    "spikes": (record([0.5 if k == 20 else p for k, p in enumerate(CALM)]), {"n_eval": 400}),
    "declines": (record(CLIMB + CLIMB[::-1]), {}),
    "climbs": (record(CLIMB), {}),
    "overfits": (
        record(CALM, val_loss=[0.5 + 0.02 * k for k in range(40)], loss=[1 / (1 + k) for k in range(40)]),
        {"n_eval": 400},
    ),
    "plateau": (record(CALM, accuracy=[0.6] * 40, loss=[1.2] * 40), {"n_eval": 400}),
    "infinite": (record([0.5, math.nan] * 20, loss=[math.inf] * 40), {"n_eval": 50}),
    "nothing": (History(), {}),
    "two": (record([0.9, 0.7]), {"n_eval": 1000}),
}  # fmt: skip


def report(name: str) -> dict:
    history, known = RUNS[name]
    report = json.loads(json.dumps(diagnose(history, **known).to_dict(), allow_nan=False))
    return {**report, "runs": [report]}


def test_the_schema_is_one():
    VALIDATOR.check_schema(SCHEMA)


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
def test_what_the_command_prints_is_valid(log, capsys):
    columns = ["--columns", "val_accuracy=validation_1/merror"] if log.name == "xgboost.json" else []
    assert main(["diagnose", str(log), "--json", "--n-eval", "360", *columns]) == 0
    VALIDATOR.validate(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("name", RUNS)
def test_a_report_is_valid(name):
    VALIDATOR.validate(report(name))


def test_reruns_are_valid():
    finding = VALIDATOR.evolve(schema={"$ref": "#/$defs/finding", "$defs": SCHEMA["$defs"]})
    for runs in ((ROUGH, CALM, CALM), (ROUGH, CALM, ROUGH), (ROUGH, ROUGH, CALM)):
        found = Diagnosis(History(), (compare_reruns(*runs),), {"n_eval": None})
        [reported] = json.loads(json.dumps(found.to_dict()))["findings"]
        finding.validate(reported)


def test_all_findings_were_tried():
    """On what no run above shows, the schema was not tried."""
    seen = {(f["name"], f["values"].get("kind")) for name in RUNS for f in report(name)["findings"]}
    possible = set()
    for kind in KINDS:
        name, values = kind["properties"]["name"]["const"], kind["properties"]["values"]
        variants = [one["properties"]["kind"] for one in values.get("oneOf", ())]
        enumerated = values.get("properties", {}).get("kind", {"enum": [None]})["enum"]
        possible |= {(name, variant["const"]) for variant in variants} or {(name, k) for k in enumerated}
    reruns = {("batch-noise", None), ("instability", None), ("not-the-steps", None)}
    assert possible - seen == reruns


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("verdict", "sure"),
        ("name", "nothing"),
        ("section", "trend"),
        ("values", {"kind": "beyond"}),
        ("next", 1),
    ],
)
def test_what_is_wrong_is_not_valid(key, value):
    wrong = deepcopy(report("moves"))
    [place] = [k for k, f in enumerate(wrong["findings"]) if f["name"] == "population-moves"]
    wrong["findings"][place][key] = value
    assert not VALIDATOR.is_valid(wrong)


def test_the_schema_has_the_findings_sections_and_verdicts_of_the_library():
    listed = [(kind["properties"]["section"]["const"], kind["properties"]["name"]["const"]) for kind in KINDS]
    assert listed == [(section, name) for section in SECTIONS for name in FINDINGS[section]]
    assert SCHEMA["$defs"]["finding"]["properties"]["verdict"]["enum"] == list(VERDICTS)


def test_every_number_of_the_schema_is_in_the_reference_and_in_a_report():
    page = (TOP / "docs" / "reference" / "diagnosis.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", page, re.MULTILINE)
    numbers = SCHEMA["$defs"]["report"]["properties"]["numbers"]["properties"]
    assert listed == [(key, number["description"]) for key, number in numbers.items()]
    assert set().union(*(report(name)["numbers"] for name in RUNS)) == set(numbers)


def test_the_reference_lists_the_findings_and_their_values():
    page = (TOP / "docs" / "reference" / "diagnosis.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]*) \| [^|]* \| ([^|]*) \|$", page, re.MULTILINE)
    expected = []
    for kind in KINDS:
        of = kind["properties"]
        variants = of["values"].get("oneOf", [of["values"]])
        keys = {key for variant in variants for key in variant.get("properties", {})}
        expected.append((of["name"]["const"], set(of["verdict"]["enum"]), keys))
    found = [
        (name, set(verdicts.split(", ")), set(re.findall(r"`(\w+)`", values)))
        for name, verdicts, values in rows
    ]
    assert found == expected
