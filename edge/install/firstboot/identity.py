"""The device makes its own keys. None of them was ever anywhere else.

Two secrets: the device key, from which the keys that sign and open are derived, and a P-256 key for the connection to
the broker, since brokers want certificates and few of them take Ed25519 ones.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.errors import DataError
from edge.install.firstboot.places import Places
from edge.install.provision.settings import CERTIFICATE, TLS_KEY
from edge.install.registration import make_request
from edge.store.keys import load_device_key, write_new

# The clock of a first boot may be years behind; the end is RFC 5280's "no well-defined expiration date" (4.1.2.5).
_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def make_keys(places: Places, device: str) -> None:
    """Make what is missing of the device key, the connection's key, and a certificate to begin with.

    That certificate is signed by the key itself. No broker takes it; with it the daemon starts, stores events, and says
    that the broker refuses it, until the office's certificate takes its place.
    """
    load_device_key(places.state, create=True, environ={})
    write_new(
        places.etc / TLS_KEY,
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    place = places.etc / CERTIFICATE
    if not place.exists():
        key, name = _tls_key(places.etc / TLS_KEY), _name(device)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_BEGIN)
            .not_valid_after(_END)
            .sign(key, hashes.SHA256())
        )
        write_new(place, certificate.public_bytes(serialization.Encoding.PEM))
    place.chmod(0o644)  # the service reads it as another user


def write_request(places: Places, device: str, token: str, now_s: int) -> None:
    """The request of `edge.install.registration`, once."""
    csr, key = certificate_request_of(places.etc / TLS_KEY, device), load_device_key(places.state, environ={})
    write_new(places.request, make_request(token, device, key, csr, now_s).encode() + b"\n")


def certificate_request_of(key_file: Path, device: str) -> bytes:
    """A certificate request (PKCS #10, PEM) for a connection's key. Raises DataError, OSError."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(device))
    return builder.sign(_tls_key(key_file), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _name(device: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])


def _tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except ValueError as error:
        raise DataError(f"{path}: damaged", hint="remove it; a new one is made") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise DataError(f"{path}: not a P-256 key", hint="remove it; a new one is made")
    return key
