"""The page's certificate, made on the device and signed by itself: no authority signs a name that ends in .local.

A browser asks once whether to trust it; the fingerprint is shown by `edge web --fingerprint` and on the page.
"""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.errors import DataError
from edge.web.durable import write

KEY, CERTIFICATE = "page.key", "page.pem"
# A new device's clock may be years behind; the end is RFC 5280's "no well-defined expiration date" (4.1.2.5).
_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def ensure(folder: Path, device: str) -> tuple[Path, Path]:
    """Certificate and key of the page, made where one is missing or does not read. Raises HardwareError."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not _fit(certificate, key):
        private = ec.generate_private_key(ec.SECP256R1())
        made = _signed(private, device)
        write(
            key,
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
        write(certificate, made.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the certificate as browsers show it: pairs of capital hex digits. Raises DataError."""
    try:
        read = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{certificate}: cannot be read: {error}", hint="start edge web; it makes one") from error
    return read.fingerprint(hashes.SHA256()).hex(":").upper()


def _fit(certificate: Path, key: Path) -> bool:
    """Whether both are there and belong together: a power cut may have come between them."""
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        return x509.load_pem_x509_certificate(certificate.read_bytes()).public_key() == private.public_key()
    except (OSError, ValueError, TypeError):
        return False


def _signed(private: ec.EllipticCurvePrivateKey, device: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    names = dict.fromkeys((f"{device}.local", device, socket.gethostname().lower()))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names if one.isascii()]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
