"""The office's authority signs what a device asks for: that name, that key, for connections to the broker, no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.errors import ConfigError, DataError

_BACKDATED = timedelta(days=1)
"""A device without a clock of its own may be a little behind when it starts."""


class Authority:
    """Raises ConfigError when the two files do not go together."""

    def __init__(self, certificate_file: Path, key_file: Path, days: int) -> None:
        try:
            self.certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        except OSError as error:
            raise ConfigError(f"{error.filename}: cannot be read: {error.strerror}", hint="check the path") from error
        except (ValueError, TypeError) as error:
            raise ConfigError(
                f"{certificate_file}, {key_file}: no authority: {error}", hint="PEM, no password"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != self.certificate.public_key():
            raise ConfigError(
                f"{key_file} is not the key (EC) of {certificate_file}", hint="scripts/make-ca makes both"
            )
        self._key, self._days = key, days

    def sign(self, csr_pem: bytes, device: str, now: datetime) -> bytes:
        """The certificate, PEM, valid from `now` on. Nothing of the request but the public key gets into it."""
        public = x509.load_pem_x509_csr(csr_pem).public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise DataError(f"{device} asks with a key that is not P-256", hint="a first boot makes such a one")
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=False,
            crl_sign=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        signed = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)]))
            .issuer_name(self.certificate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now + timedelta(days=self._days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return signed.public_bytes(serialization.Encoding.PEM)


def same_key(certificate_pem: bytes, csr_pem: bytes) -> bool:
    """Whether a certificate is for the key that asked for one."""
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    try:
        certified = x509.load_pem_x509_certificate(certificate_pem).public_key().public_bytes(*form)
        return certified == x509.load_pem_x509_csr(csr_pem).public_key().public_bytes(*form)
    except ValueError:
        return False
