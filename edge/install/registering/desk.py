"""The office's desk: takes one request, and says what becomes of it. Everything that it relies on lies in files.

The order makes a kill harmless at any point: first the token is entered in the book as used by this request, then
the device's keys are filed, then the certificate is, and only then is anybody answered. The same request that comes
again finds what is there and goes on from it; any other is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.errors import ConfigError, DataError
from edge.install.firstboot.places import put
from edge.install.registering.authority import Authority, same_key
from edge.install.registering.exchange import REFUSED, REGISTERED, WAITING, Answer
from edge.install.registering.renewal import accept_renewal, due, is_renewal
from edge.install.registration import (
    REASONS,
    RefusedError,
    Registration,
    accept,
    fingerprint_of,
)
from edge.store.identity import read_signer
from edge.store.keys import write_new

CSR, SIGNING, SEALING, CERTIFICATE, REVOKED = ".csr", ".signing.pub.pem", ".pub.pem", ".pem", ".revoked"


def place_of(out: Path, device: str, end: str) -> Path:
    """Where something of a device (SITE/DEVICE) lies."""
    begin = out / device
    return begin.with_name(begin.name + end)


def file_keys(known: Registration, out: Path) -> dict[str, Path]:
    """Write what is known of a device now, by the ends of the files. Raises RefusedError where other keys lie."""
    files = {SIGNING: known.signing_pem, SEALING: known.sealing_pem, CSR: known.csr_pem}
    places = {end: place_of(out, known.device, end) for end in files}
    for end, content in files.items():
        if not write_new(places[end], content) and places[end].read_bytes() != content:
            what = f"{places[end]} exists already, and differs"
            raise RefusedError("known", what, hint="remove what is known of the device before")
    return places


class Desk:
    """`authority`: signs at once; None: a person signs, and the certificate is taken from where they put it."""

    def __init__(
        self, office: Mapping[str, Ed25519PublicKey], book: Path, out: Path, authority: Authority | None
    ) -> None:
        self._office, self._book, self._out, self._authority = office, book, out, authority

    def judge(self, device: str, request: bytes, now: datetime) -> tuple[Answer, str]:
        """The answer for whoever asked in the name of `device`, and a line for the office. Raises HardwareError when
        it cannot be written down, for then nothing may be answered.
        """
        digest = fingerprint_of(request)
        try:
            if place_of(self._out, device, REVOKED).exists():
                raise RefusedError("revoked", f"{device} asks, which was shut out", hint="edge registration revoke")
            renews = is_renewal(request)
            certificate = self._renewed(device, request, now) if renews else self._registered(device, request, now)
        except RefusedError as refusal:
            answer = Answer(digest, REFUSED, refusal.reason, REASONS[refusal.reason])
            return answer, f"{device} is refused ({refusal.reason}): {refusal}"
        if certificate is None:
            return Answer(digest, WAITING, detail="the office has yet to sign"), f"{device} waits to be signed"
        told = "has its certificate renewed" if renews else "is registered"
        return Answer(digest, REGISTERED, certificate=certificate.decode()), f"{device} {told}"

    def _registered(self, device: str, request: bytes, now: datetime) -> bytes | None:
        known = accept(request, self._office, self._book, int(now.timestamp()))
        if known.device != device:
            raise RefusedError("foreign", f"{known.device} asks on the topic of {device}")
        file_keys(known, self._out)
        return self._certificate(known, now)

    def _renewed(self, device: str, request: bytes, now: datetime) -> bytes | None:
        """One that was made anew already is handed out again: its answer may have been lost."""
        place = place_of(self._out, device, CERTIFICATE)
        try:
            key, before = read_signer(place_of(self._out, device, SIGNING)), place.read_bytes()
        except (ConfigError, FileNotFoundError) as error:
            raise RefusedError("unknown", f"{device} wants a new certificate: {error}") from error
        csr = accept_renewal(request, device, key)
        if not same_key(before, csr):
            raise RefusedError("known", f"{device} wants a certificate for another key than {place} has")
        certificate = x509.load_pem_x509_certificate(before)
        if certificate.not_valid_after_utc <= now:
            raise RefusedError("lapsed", f"{device} asks after {place} has ended", hint="edge registration sign")
        if not due(certificate, now):
            return before
        if self._authority is None:
            return None
        put(place, self._authority.sign(csr, device, now), 0o600)
        return place.read_bytes()

    def _certificate(self, known: Registration, now: datetime) -> bytes | None:
        place = place_of(self._out, known.device, CERTIFICATE)
        if self._authority is not None and not place.exists():
            write_new(place, self._authority.sign(known.csr_pem, known.device, now))
        try:
            certificate = place.read_bytes()
        except FileNotFoundError:
            return None
        if not same_key(certificate, known.csr_pem):
            raise RefusedError("known", f"{place} is for another key", hint="remove it, and sign anew")
        return certificate


def sign(out: Path, device: str, authority: Authority, now: datetime | None = None) -> Path:
    """Sign the request on file of one device. Raises DataError where there is none, or where it was shut out; one that
    is signed stays so until it is time for a new one.
    """
    now = now or datetime.now(UTC)
    if place_of(out, device, REVOKED).exists():
        raise DataError(f"{device} was shut out", hint="edge registration revoke --undo lets it in again")
    try:
        csr = place_of(out, device, CSR).read_bytes()
    except OSError as error:
        raise DataError(
            f"{device} has not asked: {error.strerror}", hint="`edge registration serve` takes requests"
        ) from error
    place = place_of(out, device, CERTIFICATE)
    fresh = authority.sign(csr, device, now)
    if not write_new(place, fresh) and due(x509.load_pem_x509_certificate(place.read_bytes()), now):
        put(place, fresh, 0o600)
    return place


def revoke(out: Path, device: str, *, undo: bool) -> None:
    """From now on this device gets no certificate. Raises DataError where there is none of that name, HardwareError."""
    if not place_of(out, device, SIGNING).exists():
        raise DataError(f"{device} is not on file", hint="see --out")
    place = place_of(out, device, REVOKED)
    if undo:
        place.unlink(missing_ok=True)
    else:
        write_new(place, b"")
