"""The catalogue: every schema is one, what is right passes, and what is wrong in any single place does not."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from edge.actions import Priority, Report
from edge.clock import Now
from edge.contract.catalogue import CATALOGUE
from edge.contract.claims import CLAIMS
from edge.contract.envelope import envelope, example, schema_of
from edge.contract.topics import TOPICS
from edge.store.envelope import MALFORMED, Envelopes, Origin, accept, genesis
from edge.store.uuid7 import Uuid7
from tests.contract_check import event_validator, problems

ROOT = Path(__file__).parents[3]
TYPES = sorted(CATALOGUE)


@pytest.mark.parametrize("kind", TYPES)
def test_a_schema_is_a_schema_and_its_example_holds(kind: str) -> None:
    Draft202012Validator.check_schema(schema_of(CATALOGUE[kind]))
    assert list(event_validator(kind).iter_errors(example(CATALOGUE[kind]))) == []


def test_the_other_schemas_are_schemas() -> None:
    for schema in [envelope(), *CLAIMS.values(), *(topic.payload for topic in TOPICS if topic.payload)]:
        Draft202012Validator.check_schema(schema)


def mutations(event: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The event with one thing wrong in it."""

    def changed(**fields: Any) -> dict[str, Any]:
        return {**copy.deepcopy(dict(event)), **fields}

    for name in event.keys() - {"subject"}:
        yield f"without {name}", {key: value for key, value in event.items() if key != name}
    yield "with something more", changed(extra=1)
    yield "with something more in the data", changed(data={**event["data"], "extra": 1} | {"Extra!": "x"})
    yield "of another type", changed(type="door.exploded")
    yield "with a number instead of an id", changed(id="1")
    yield "with local time", changed(time="2026-11-22T19:00:07+08:00")
    yield "with a negative number", changed(seq=-1)
    yield "with a clock nobody knows", changed(clock="fine")
    yield "with a monotonic number", changed(monotonic=12.5)
    yield "with an unknown priority", changed(priority=9)
    yield "with half a hash", changed(prevhash="06b48d9e")
    yield "with an empty subject", changed(subject="")
    for name, value in event["data"].items():
        yield f"data.{name} of another kind", changed(data={**event["data"], name: {"no": value}})


@pytest.mark.parametrize("kind", TYPES)
def test_one_thing_wrong_is_found(kind: str) -> None:
    wrong = list(mutations(example(CATALOGUE[kind])))
    assert [what for what, event in wrong if event_validator(kind).is_valid(event)] == []


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_that_must_be_there_may_be_left_out(kind: str) -> None:
    event = example(CATALOGUE[kind])
    for name in CATALOGUE[kind].data.get("required", []):
        data = {key: value for key, value in event["data"].items() if key != name}
        assert not event_validator(kind).is_valid({**event, "data": data}), name
    if CATALOGUE[kind].needs_subject:
        assert not event_validator(kind).is_valid({key: value for key, value in event.items() if key != "subject"})


@pytest.mark.parametrize("kind", TYPES)
def test_the_store_writes_what_the_schema_says(kind: str) -> None:
    known = CATALOGUE[kind]
    subject = example(known).get("subject", "")
    origin = Origin("riverside", "gate-north", "35b84336-8da4-4d2e-8fef-129f4c998c0e")
    envelopes = Envelopes(origin, "3a607c56ee0bcd52")
    for priority in known.priority:
        report = Report(kind, known.example, subject, priority)
        accepted, problem = accept(report, Now(12.5, 1_795_371_607_133_155), Uuid7()(1_795_371_607_133_155))
        assert problem == ""
        body = envelopes.encode(accepted, 7, genesis("3a607c56ee0bcd52"))
        told = {"id": accepted.id, "seq": "7"}
        assert problems(f"edge/v1/riverside/gate-north/event/{kind}", body, False, told) == []


def test_the_type_for_a_programs_mistake_is_known() -> None:
    assert set(CATALOGUE[MALFORMED].priority) == set(Priority)


def reported_in_the_source() -> dict[str, set[str]]:
    """Every text in a module that makes reports which looks like a type of the catalogue's families, or is first in a
    call of Report.
    """
    families = {kind.partition(".")[0] for kind in CATALOGUE}
    found: dict[str, set[str]] = {}
    for path in (ROOT / "edge").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "contract" in path.parts or not re.search(r"import .*\bReport\b", text):
            continue
        for node in ast.walk(ast.parse(text)):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Report"
            values = node.args[:1] if called and isinstance(node, ast.Call) else [node]
            for value in values:
                kind = value.value if isinstance(value, ast.Constant) else None
                looks = isinstance(kind, str) and re.fullmatch(r"[a-z]+\.[a-z]+", kind)
                if isinstance(kind, str) and looks and (called or kind.partition(".")[0] in families):
                    found.setdefault(kind, set()).add(str(path.relative_to(ROOT)))
    return found


def test_no_type_is_sent_that_is_not_in_the_catalogue() -> None:
    sent = reported_in_the_source()
    assert {"door.forced", "sensor.fault"} <= sent.keys()  # they are found, in a call and in a variable
    assert {kind: paths for kind, paths in sent.items() if kind not in CATALOGUE} == {}


def test_nothing_is_in_the_catalogue_that_nobody_sends() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in (ROOT / "edge").rglob("*.py") if "contract" not in path.parts
    ]
    assert [kind for kind in CATALOGUE if not any(f'"{kind}"' in text for text in sources)] == []
