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
from pathlib import Path

from edge.config import load_config
from edge.errors import DataError, HardwareError
from edge.install import convert_mobilefacenet as network
from edge.install.conversion.manifest_toml import dumps
from edge.resources import ADDED_MODELS, MANIFEST
from edge.vision.manifest import FORMAT

_TIMEOUT_S = 30.0
_MAX_BYTES = 64 << 20


def download(folder: Path) -> Path:
    """Fetch the network into `folder`. Raises HardwareError when upstream cannot be reached."""
    path = folder / "network.onnx"
    try:
        with urllib.request.urlopen(network.ONNX_URL, timeout=_TIMEOUT_S) as answer:
            path.write_bytes(answer.read(_MAX_BYTES))
    except (urllib.error.URLError, TimeoutError) as error:
        raise HardwareError(
            f"{network.ONNX_URL} cannot be fetched: {error}",
            hint="fetch it on another machine and use: edge models add mobilefacenet FILE",
        ) from error
    return path


def add(obtain: Callable[[Path], Path], state_dir: Path) -> Path:
    """Convert what `obtain` gives (it is handed a folder to write into) and add it to the device's models.

    Returns the folder. Raises DataError when the file is not the one whose licence and remark were shown.
    """
    target = state_dir / ADDED_MODELS
    with tempfile.TemporaryDirectory(prefix="edge-model-") as scratch:
        source = obtain(Path(scratch))
        try:
            digest = hashlib.sha256(source.read_bytes()).hexdigest()
        except OSError as error:
            raise DataError(f"{source} cannot be read: {error.strerror}", hint="give the ONNX file") from error
        if digest != network.ONNX_SHA256:
            raise DataError(
                f"{source} has SHA-256 {digest}, not {network.ONNX_SHA256}", hint="it is another file, or damaged"
            )
        target.mkdir(parents=True, exist_ok=True)
        entry = network.convert(source, target)
    manifest = target / MANIFEST
    present = tomllib.loads(manifest.read_text())["models"] if manifest.exists() else {}
    fresh = manifest.with_suffix(".tmp")
    fresh.write_text(dumps({"format": FORMAT, "defaults": {}, "models": {**present, network.MODEL_ID: entry}}))
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
