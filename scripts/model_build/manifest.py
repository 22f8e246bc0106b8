"""Keeps `models/manifest.toml` true to the files beside it."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from edge.install.conversion import manifest_toml, quantise
from model_build import networks

NAME = "manifest.toml"


def update(folder: Path, files: dict[str, dict[str, str]], measured: dict[str, dict[str, Any]]) -> None:
    """Writes the manifest for `files`, network → variant → file name in `folder`.

    What the build does not know stays as it was: the thresholds, which are derived from the finished network, and
    figures of earlier measurements. New figures in `measured` replace those of the same name.
    """
    before = read(folder) if (folder / NAME).exists() else {}
    described = {
        name: {variant: _file(folder, file) for variant, file in variants.items()} for name, variants in files.items()
    }
    write(folder, merged(before, described, measured))


def merged(
    before: dict[str, Any], files: dict[str, dict[str, Any]], measured: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The manifest `before` with the described `files` (network → variant → table) and figures in it."""
    models: dict[str, Any] = dict(before.get("models", {}))
    for name, variants in files.items():
        old = models.get(name, {})
        entry = networks.description(name)
        entry["files"] = variants
        if "embedding" in entry:
            entry["embedding"] = {**old.get("embedding", {}), **entry["embedding"]}
        figures = {**old.get("measured", {}), **measured.get(name, {})}
        if figures:
            entry["measured"] = figures
        models[name] = entry
    return {"format": 1, "defaults": before.get("defaults", networks.DEFAULTS), "models": models}


def read(folder: Path) -> dict[str, Any]:
    """The manifest in `folder` as it stands."""
    return tomllib.loads((folder / NAME).read_text(encoding="utf-8"))


def write(folder: Path, document: dict[str, Any]) -> None:
    """Replaces the manifest in `folder`, whole or not at all."""
    quantise.write(folder, NAME, manifest_toml.dumps(document).encode())


def _file(folder: Path, file: str) -> dict[str, Any]:
    content = (folder / file).read_bytes()
    return quantise.file_entry(content, file, hashlib.sha256(content).hexdigest())
