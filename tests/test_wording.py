"""That every finding has a sentence for all of its values. Which words it uses is nobody's business here."""

import json
import string
from itertools import product
from pathlib import Path

import pytest

from unsteady.diagnosis import FINDINGS, Finding
from unsteady.diagnosis._wording import CLAUSES, FORMATS, TEMPLATES, Template

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "docs" / "reference" / "diagnosis.schema.json").read_text("utf-8")
)
NAMES = [name for names in FINDINGS.values() for name in names]
RATIOS = {"jitter_over_sampling_bound", "jitter_ratio"}  # of two numbers that are shown
SELECTORS = {
    "kind", "comparison", "selection", "grouped", "assumption", "source", "training_loss_fell", "rate_logged",
}  # fmt: skip


def samples(schema: dict, number: float) -> list:
    """Return a value of each kind that a schema allows; numbers are near the one given, in its range."""
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return schema["enum"]
    if "$ref" in schema:
        return samples(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], number)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    values: list = [None] if "null" in kinds else []
    if "boolean" in kinds:
        values += [False, True]
    if "integer" in kinds:
        values.append(round(1000 * number))
    elif "number" in kinds:
        values.append(number if "maximum" in schema else 100 * number)
    if "string" in kinds:
        values.append(f"text {number}")
    if "array" in kinds:
        parts = schema.get("prefixItems") or [schema["items"]] * schema.get("minItems", 2)
        values.append([samples(part, number + 0.01 * k)[-1] for k, part in enumerate(parts)])
    return values


def variants(name: str) -> list[dict]:
    """Return values of a finding, for each combination of kinds, options and what may be missing."""
    [finding] = [kind for kind in SCHEMA["$defs"]["finding"]["oneOf"] if kind["title"] == name]
    values = finding["properties"]["values"]
    combined = []
    for option in values.get("oneOf", [values]):
        properties = option.get("properties", {})
        # Numbers that differ in all their digits, so that each is recognised in a sentence.
        numbers = [0.123 + 0.0711 * k for k in range(len(properties))]
        choices = [samples(part, number) for part, number in zip(properties.values(), numbers, strict=True)]
        combined += [dict(zip(properties, choice, strict=True)) for choice in product(*choices)]
    return combined


def changed(value: object) -> object:
    """Return another value of the same type."""
    if isinstance(value, str):
        return value + " and more"
    if isinstance(value, list):
        return [changed(part) for part in value]
    return value * 2 + 3 if isinstance(value, int) else value * 1.7  # type: ignore[operator]


@pytest.mark.parametrize("name", NAMES)
def test_every_variant_renders(name):
    assert variants(name)
    for values in variants(name):
        finding = Finding(name, "fact", values)
        assert finding.evidence.endswith((".", ".)"))
        assert not finding.next or finding.next.endswith((".", "?"))
        for text in (finding.evidence, finding.next):
            assert not set("{}") & set(text), text
            assert "None" not in text
            assert "  " not in text
            assert text.strip() == text


@pytest.mark.parametrize("name", NAMES)
def test_every_value_shows(name):
    """Another value makes another sentence, in at least one of the variants."""
    keys: set[str] = set()
    shown: set[str] = set()
    for values in variants(name):
        keys |= values.keys()
        for key in values.keys() - SELECTORS - RATIOS:
            if values[key] is not None:
                other = Finding(name, "fact", {**values, key: changed(values[key])})
                if other.evidence != Finding(name, "fact", values).evidence:
                    shown.add(key)
    assert keys - SELECTORS - RATIOS == shown


@pytest.mark.parametrize("name", NAMES)
def test_every_option_makes_a_difference(name):
    """A clause that reads the same whatever selects it is no clause."""
    texts: dict[str, dict[object, set[str]]] = {}
    for values in variants(name):
        finding = Finding(name, "fact", values)
        for key in SELECTORS & values.keys():
            texts.setdefault(key, {}).setdefault(values[key], set()).add(finding.evidence + finding.next)
    for key, by_option in texts.items():
        assert len({frozenset(found) for found in by_option.values()}) == len(by_option), key


def test_templates_are_those_of_the_findings():
    assert set(TEMPLATES) == set(NAMES)


def test_no_clause_and_no_format_is_left_over():
    texts = [text for _, options in CLAUSES.values() for text in options.values()]
    for template in TEMPLATES.values():
        for one in [template] if isinstance(template, Template) else template.values():
            texts += [one.evidence, one.next]
    fields = [field for text in texts for field in string.Formatter().parse(text)]
    assert set(CLAUSES) <= {name for _, name, _, _ in fields}
    assert set(FORMATS) <= {spec for _, _, spec, _ in fields}


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(KeyError, match="gained"):
        Finding("still-improving", "supported").evidence  # noqa: B018
