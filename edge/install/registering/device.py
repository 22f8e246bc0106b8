"""The device's end: ask for a certificate once, and put it where the daemon looks for it.

Every step may be cut off. The request lies durably in its file and is always the same one; the certificate replaces
the device's own in one step; that it is done is noted last. Until then the daemon runs as before, opens doors and
stores events.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID

from edge.config.schema import Uplink
from edge.errors import DataError
from edge.install.firstboot.places import put
from edge.install.registering.authority import same_key
from edge.install.registering.exchange import REGISTERED, Answer, new_attempt, read_answer, request_topic
from edge.install.registering.line import Line
from edge.install.registration import fingerprint_of, key_fingerprint
from edge.store.identity import pem
from edge.uplink.settings import Broker

ANSWER_S = 30.0
DONE = "registered.json"


def ask(uplink: Uplink, device: str, request: bytes, monotonic: Callable[[], float] = time.monotonic) -> Answer | None:
    """What the office says to the request; None when nobody answers in time. Raises HardwareError, ConfigError."""
    attempt = new_attempt()
    topic = request_topic(device)
    answers = f"{topic}/{attempt}"
    broker = Broker(uplink.host, uplink.registration_port, tls=True, ca_file=uplink.ca_file)
    line = Line(broker, attempt, [answers])
    try:
        line.say(topic, request.strip(), answer_to=answers)
        until_s = monotonic() + ANSWER_S
        while (left_s := until_s - monotonic()) > 0:
            arrived = line.pump(min(left_s, 0.5))
            if arrived is None or arrived.topic != answers:
                continue
            answer = read_answer(arrived.payload)
            if answer.request == fingerprint_of(request):
                return answer
        return None
    finally:
        line.close()


def certificate_of(answer: Answer, request: bytes, device: str, ca_file: Path, now: datetime) -> bytes:
    """The certificate in the answer, once it is certain that our authority signed it, for us and our key. Raises
    DataError: an answer that does not hold changes nothing.
    """
    hint = "whoever answered is not this site's office, or another authority signed: name both in ca_file"
    text = answer.certificate.encode()
    try:
        certificate = x509.load_pem_x509_certificate(text)
        names = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        authorities = x509.load_pem_x509_certificates(ca_file.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"the certificate in the answer cannot be judged: {error}", hint=hint) from error
    if names != [device] or not same_key(text, csr_of(request)):
        raise DataError("the certificate in the answer is for another device or key", hint=hint)
    if not any(_issued_by(certificate, authority) for authority in authorities):
        raise DataError(f"the certificate in the answer is not signed by an authority of {ca_file}", hint=hint)
    if certificate.not_valid_after_utc <= now:
        raise DataError("the certificate in the answer has expired", hint="or this device's clock is wrong")
    return text


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def csr_of(request: bytes) -> bytes:
    """The certificate request in our own request. Raises DataError."""
    return _claim(request, "csr").encode()


def fingerprint(request: bytes) -> str:
    """Of the key that signed our own request, as the office computes it. Raises DataError."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(_claim(request, "signing")))
    except ValueError as error:
        raise DataError("the device's own request is damaged", hint="write the card again") from error
    return key_fingerprint(pem(key))


def _claim(request: bytes, name: str) -> str:
    import jwt

    try:
        claims: dict[str, Any] = jwt.decode(request.strip(), options={"verify_signature": False})
        return str(claims[name])
    except (jwt.PyJWTError, ValueError, LookupError) as error:
        raise DataError("the device's own request is damaged", hint="write the card again") from error


def register(uplink: Uplink, device: str, own: Path, now: datetime | None = None) -> str:
    """One attempt. Returns a sentence; `own/registered.json` is there afterwards if it ended well. Raises EdgeError."""
    done = own / DONE
    if done.exists():
        return "registered already"
    if not uplink.registration_port or uplink.ca_file is None or uplink.cert_file is None:
        return f"no registration_port in [uplink]: carry {own}/registration.request to the office"
    request = (own / "registration.request").read_bytes()
    known_by = f"this device's key has the fingerprint {fingerprint(request)}"
    answer = ask(uplink, device, request)
    if answer is None:
        return f"nobody answers there yet; {known_by}"
    if answer.result != REGISTERED:
        detail = "".join(letter for letter in answer.detail[:200] if letter.isprintable())
        if answer.result == "refused":
            raise DataError(f"the office refuses: {detail}", hint="ask the office; its log says more")
        return f"waiting: {detail}; {known_by}"
    certificate = certificate_of(answer, request, device, uplink.ca_file, now or datetime.now(UTC))
    put(uplink.cert_file, certificate)
    put(done, json.dumps({"device": device, "answer": answer.request}).encode())
    return f"registered; {uplink.cert_file} is the office's; {known_by}"
