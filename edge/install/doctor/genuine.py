"""Is this report as the device has signed it? For the office, which knows the device's key from the broker, from its
registration or from `edge keys show`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.errors import DataError, UsageError
from edge.install.doctor.report import read_report
from edge.local.desk import ACCEPTANCE
from edge.store.identity import read_signer
from edge.tokens import verify

_KEY_BYTES = 32
_ALTERED = "altered since the device signed it, or another device's"


def verify_report(path: Path, public: str) -> dict[str, Any]:
    """What the report says of itself, once signature, both files and the device's name fit together. Raises DataError
    when they do not, UsageError for a key that is none.
    """
    data, html, token = read_report(path)
    try:
        report = json.loads(data)
        device = f"{report['site']}/{report['device']}"
        installer, accepted = str(report["installer"]), bool(report["accepted"])
        counts = {name: report[name] for name in ("passed", "warnings", "failed", "skipped")}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: no acceptance report", hint="give the .json that edge doctor has written") from error
    key = read_public(public)
    _, claims = verify(token.encode(), ACCEPTANCE, {str(report["device"]): key})
    found = {"json": hashlib.sha256(data).hexdigest(), "html": hashlib.sha256(html).hexdigest()}
    signed = {"aud": device, "sha256": found, "accepted": accepted, **counts}
    for name, value in signed.items():
        if claims.get(name) != value:
            raise DataError(f"{path}: {name}: {_ALTERED}", hint="ask for the report again, from the device itself")
    when = datetime.fromtimestamp(int(claims["iat"]), UTC).isoformat(timespec="seconds")
    return {"device": device, "signed": when, "installer": installer, "accepted": accepted, **counts}


def read_public(text: str) -> Ed25519PublicKey:
    """A PEM file's, or the 32 bytes in base64 as the device's topic `keys` and `edge keys show --json` have them."""
    if Path(text).is_file():
        return read_signer(Path(text))
    try:
        raw = base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise UsageError(f"{text!r} is no key and no file", hint="see edge keys show --json, signing") from error
    if len(raw) != _KEY_BYTES:
        raise UsageError(f"{text!r} is no key and no file", hint="see edge keys show --json, signing")
    return Ed25519PublicKey.from_public_bytes(raw)
