"""What below docs/ is made from the catalogue, and whether what is there is still the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge import __version__
from edge.contract import asyncapi, envelope, guide
from edge.contract.catalogue import CATALOGUE

ASYNCAPI_FILE = "asyncapi.json"


def documents(folder: Path) -> dict[str, str]:
    """The text of every file that is made, by its path below docs/, which is `folder`: there stands the guide, of which
    only one table is made. Raises OSError, ValueError.
    """
    files = {f"{asyncapi.FOLDER}/{envelope.FILE}": envelope.envelope()}
    files |= {f"{asyncapi.FOLDER}/{kind.type}.json": envelope.schema_of(kind) for kind in CATALOGUE.values()}
    files[ASYNCAPI_FILE] = asyncapi.document(__version__)
    page = (folder / guide.FILE).read_text(encoding="utf-8")
    return {path: _written(content) for path, content in files.items()} | {guide.FILE: guide.guide(page)}


def differences(folder: Path) -> list[str]:
    """What is stale, missing or too many below `folder`, one line each; nothing when all is as it should be."""
    wanted = documents(folder)
    found = {str(path.relative_to(folder)) for path in (folder / asyncapi.FOLDER).glob("*.json")}
    lines = [f"{path}: nothing makes this file any more" for path in sorted(found - wanted.keys())]
    for path, text in wanted.items():
        file = folder / path
        if not file.is_file():
            lines.append(f"{path}: missing")
        elif file.read_text(encoding="utf-8") != text:
            lines.append(f"{path}: not what the catalogue says")
    return lines


def write(folder: Path) -> list[str]:
    """Bring the files below `folder` up to date; returns what was not."""
    stale, wanted = differences(folder), documents(folder)
    (folder / asyncapi.FOLDER).mkdir(parents=True, exist_ok=True)
    for line in stale:
        path = line.partition(":")[0]
        if path in wanted:
            (folder / path).write_text(wanted[path], encoding="utf-8")
        else:
            (folder / path).unlink()
    return stale


def _written(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
