"""The generated files are those that the catalogue makes, and the AsyncAPI document is one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from edge.contract.asyncapi import document
from edge.contract.catalogue import CATALOGUE
from edge.contract.claims import CLAIMS
from edge.contract.documents import differences, documents, write
from edge.contract.topics import TOPICS

ROOT = Path(__file__).parents[3]
SPECIFICATION = ROOT / "tests/data/asyncapi-3.0.0.schema.json"
ASYNCAPI = document("1.2.3")


def test_the_files_in_docs_are_up_to_date() -> None:
    assert differences(ROOT / "docs") == [], "run scripts/generate-contract"


def test_the_script_says_the_same() -> None:
    command = [sys.executable, str(ROOT / "scripts/generate-contract"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_stale_missing_and_superfluous_files_are_named_and_put_right(tmp_path: Path) -> None:
    page = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    (tmp_path / "events.md").write_text(page.replace("| `door.forced`", "| `door.exploded`"), encoding="utf-8")
    assert len(write(tmp_path)) == len(documents(tmp_path))
    assert differences(tmp_path) == []
    assert (tmp_path / "events.md").read_text(encoding="utf-8") == page
    (tmp_path / "events/door.forced.json").unlink()
    (tmp_path / "events/door.exploded.json").write_text("{}")
    (tmp_path / "asyncapi.json").write_text("{}")
    (tmp_path / "events.md").write_text(page.replace("| `door.forced` | 0", "| `door.forced` | 3"), encoding="utf-8")
    assert len(differences(tmp_path)) == 4
    write(tmp_path)
    assert differences(tmp_path) == []


def test_a_guide_without_its_table_is_not_overlooked(tmp_path: Path) -> None:
    (tmp_path / "events.md").write_text("# Events\n")
    with pytest.raises(ValueError, match="types"):
        differences(tmp_path)


def test_it_is_an_asyncapi_document() -> None:
    schema = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    assert list(Draft7Validator(schema).iter_errors(ASYNCAPI)) == []


@pytest.mark.parametrize(
    "part", [("servers", "broker", "protocol"), ("operations", "send_event", "action"), ("info", "title")]
)
def test_the_specification_does_look(part: tuple[str, str, str]) -> None:
    schema = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    broken = json.loads(json.dumps(ASYNCAPI))
    place: Any = broken
    for name in part[:-1]:
        place = place[name]
    del place[part[-1]]
    assert not Draft7Validator(schema).is_valid(broken)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(ASYNCAPI))
    assert len(found) > len(CATALOGUE)
    made = documents(ROOT / "docs")
    for reference in found:
        path, _, pointer = reference.partition("#")
        if path:
            assert path in made, reference
            continue
        place = ASYNCAPI
        for name in pointer.strip("/").split("/"):
            place = place[name]


def test_every_topic_type_and_token_is_in_it() -> None:
    assert {channel["address"] for channel in ASYNCAPI["channels"].values()} == {topic.address for topic in TOPICS}
    assert CATALOGUE.keys() <= ASYNCAPI["components"]["messages"].keys()
    assert CLAIMS.keys() == ASYNCAPI["components"]["schemas"].keys()
    for name, channel in ASYNCAPI["channels"].items():
        assert set(re.findall(r"{(\w+)}", channel["address"])) == channel["parameters"].keys(), name


def test_the_guide_lists_the_same_topics() -> None:
    text = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `(edge/v1/[^`]+)` \| (in|out) \| (yes|no) \|", text, flags=re.MULTILINE)
    wanted = [
        (topic.address, "out" if topic.way == "send" else "in", "yes" if topic.retained else "no")
        for topic in TOPICS
        if topic.address.startswith("edge/v1/")
    ]
    assert sorted(found) == sorted(wanted)
