"""An office with an authority, and devices with their tokens, keys and requests."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.install.registering.authority import Authority
from edge.install.registering.desk import Desk
from edge.install.registration import make_request, make_token
from edge.store.keys import DeviceKey
from tests.card_samples import KEY

ROOT = Path(__file__).resolve().parents[4]
NAME, DAY = "riverside/gate-north", 86400
NOW = datetime.now(UTC)
NOW_S = int(NOW.timestamp())
OFFICE = {"anna": KEY.public_key()}


def make_ca(folder: Path, *words: str) -> None:
    """scripts/make-ca."""
    command = [sys.executable, str(ROOT / "scripts/make-ca"), str(folder), *words]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def token(name: str = NAME, days: int = 7) -> str:
    return make_token(name, "anna", KEY, NOW_S, days)


@dataclass(frozen=True)
class Asking:
    """A device that asks: its request, and the key that a certificate would be for."""

    name: str
    request: bytes
    key: ec.EllipticCurvePrivateKey


def asking(with_token: str, name: str = NAME, secret: int = 0) -> Asking:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = csr.public_bytes(serialization.Encoding.PEM)
    own = DeviceKey(bytes([secret]) * 32)
    return Asking(name, make_request(with_token, name, own, pem, NOW_S).encode(), key)


def desk(folder: Path, authority: Authority | None) -> Desk:
    return Desk(OFFICE, folder / "book", folder / "devices", authority)
