"""Networks that are not shipped: fetched from upstream or taken from a file, converted, checked, and added beside
the shipped ones in the device's state directory. Needs the extra `models`; a device can be given the folder that
another machine has made.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edge.config import load_config
from edge.errors import DataError, HardwareError
from edge.install import convert_minifasnet, convert_mobilefacenet
from edge.install.conversion.manifest_toml import dumps
from edge.resources import ADDED_MODELS, MANIFEST
from edge.vision.manifest import FORMAT


@dataclass(frozen=True, slots=True)
class OptionalModel:
    """A network that is not shipped. `convert(file, folder)` writes its files and returns the manifest's entry."""

    model: str
    url: str
    sha256: str
    licence: str
    remark: str
    convert: Callable[[Path, Path], dict[str, Any]]


def _judge_of_life(source: convert_minifasnet.Source) -> OptionalModel:
    convert = partial(convert_minifasnet.convert, source=source)
    licence, remark = convert_minifasnet.LICENCE, convert_minifasnet.REMARK
    return OptionalModel(source.model, source.url, source.sha256, licence, remark, convert)


OPTIONAL = {
    one.model: one
    for one in (
        OptionalModel(
            convert_mobilefacenet.MODEL_ID,
            convert_mobilefacenet.ONNX_URL,
            convert_mobilefacenet.ONNX_SHA256,
            convert_mobilefacenet.LICENCE,
            convert_mobilefacenet.REMARK,
            convert_mobilefacenet.convert,
        ),
        _judge_of_life(convert_minifasnet.NEAR),
        _judge_of_life(convert_minifasnet.WIDE),
    )
}
_TIMEOUT_S = 30.0
_MAX_BYTES = 64 << 20


def download(network: OptionalModel, folder: Path) -> Path:
    """Fetch the network into `folder`. Raises HardwareError when upstream cannot be reached."""
    path = folder / "network"
    try:
        with urllib.request.urlopen(network.url, timeout=_TIMEOUT_S) as answer:
            path.write_bytes(answer.read(_MAX_BYTES))
    except (urllib.error.URLError, TimeoutError) as error:
        raise HardwareError(
            f"{network.url} cannot be fetched: {error}",
            hint=f"fetch it on another machine and use: edge models add {network.model} FILE",
        ) from error
    return path


def add(network: OptionalModel, obtain: Callable[[Path], Path], state_dir: Path) -> Path:
    """Convert what `obtain` gives (it is handed a folder to write into) and add it to the device's models.

    Returns the folder. Raises DataError when the file is not the one whose licence and remark were shown.
    """
    target = state_dir / ADDED_MODELS
    with tempfile.TemporaryDirectory(prefix="edge-model-") as scratch:
        source = obtain(Path(scratch))
        try:
            digest = hashlib.sha256(source.read_bytes()).hexdigest()
        except OSError as error:
            raise DataError(f"{source} cannot be read: {error.strerror}", hint="give upstream's file") from error
        if digest != network.sha256:
            raise DataError(
                f"{source} has SHA-256 {digest}, not {network.sha256}", hint="it is another file, or damaged"
            )
        target.mkdir(parents=True, exist_ok=True)
        entry = network.convert(source, target)
    manifest = target / MANIFEST
    present = tomllib.loads(manifest.read_text())["models"] if manifest.exists() else {}
    fresh = manifest.with_suffix(".tmp")
    fresh.write_text(dumps({"format": FORMAT, "defaults": {}, "models": {**present, network.model: entry}}))
    fresh.replace(manifest)
    return target


def use(config: Path, model_id: str) -> None:
    """Set `network` under [face] in a configuration file; everything else in it stays as it is.

    Raises ConfigError, with the file as it was, when the result would not hold.
    """
    before = config.read_text()
    line = f'network = "{model_id}"\n'
    section = re.search(r"^\[face\][^\n]*\n(?:(?!\[).*\n?)*", before, flags=re.MULTILINE)
    if section is None:
        after = before.rstrip("\n") + f"\n\n[face]\n{line}"
    else:
        body = re.sub(r"^network\s*=.*\n?", "", section.group(), flags=re.MULTILINE)
        head, _, rest = body.partition("\n")
        after = before[: section.start()] + f"{head}\n{line}{rest}" + before[section.end() :]
    fresh = config.with_suffix(".tmp")
    fresh.write_text(after)
    try:
        load_config(fresh)
        fresh.replace(config)
    finally:
        fresh.unlink(missing_ok=True)
