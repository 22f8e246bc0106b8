from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from edge.web.certificate import ensure, fingerprint


def test_it_is_made_once_and_again_where_it_does_not_fit(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    certificate, key = ensure(folder, "gate-1")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    assert key.stat().st_mode & 0o777 == 0o600
    names = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert "gate-1.local" in names.value.get_values_for_type(x509.DNSName)
    first = fingerprint(certificate)
    ensure(folder, "gate-1")
    assert fingerprint(certificate) == first and len(first) == 95
    other, _ = ensure(tmp_path / "other", "gate-1")
    certificate.write_bytes(other.read_bytes())  # as if the power had gone between the two files
    ensure(folder, "gate-1")
    assert fingerprint(certificate) not in (first, fingerprint(other))
    key.write_bytes(b"")
    ensure(folder, "gate-1")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
