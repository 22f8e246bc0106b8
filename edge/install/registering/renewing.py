"""`python -m edge.install.registering.renewing`: the device's end, run once a day by edge-renew.timer.

The certificate in use stays until the broker of the events has taken the new one. What becomes of it is left as a note,
of which the daemon makes a fault once the certificate is near its end.
"""

from __future__ import annotations

import argparse
import os
import socket
import ssl
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from edge.config.effective import Effective, load_effective
from edge.config.schema import Uplink
from edge.errors import DataError, EdgeError
from edge.install.firstboot.identity import certificate_request_of
from edge.install.firstboot.places import put
from edge.install.registering.device import ask, certificate_of
from edge.install.registering.exchange import REGISTERED
from edge.install.registering.renewal import due, make_renewal, soon
from edge.parts.broker import make_broker
from edge.runtime.duties import RENEWAL_FOLDER, leave_note
from edge.store.keys import DeviceKey, load_device_key
from edge.uplink.settings import Broker, tls_context
from edge.uplink.trouble import of_failure

DUTY = "certificate"
_CONNECT_S = 5.0
_LISTEN_S = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`good`: nobody has to do anything."""

    good: bool
    detail: str


def renew(uplink: Uplink, device: str, own: DeviceKey, now: datetime) -> Outcome:
    """One attempt, where it is time. Raises DataError, OSError where the certificate in use cannot be read."""
    if not uplink.tls or uplink.cert_file is None or uplink.key_file is None or uplink.ca_file is None:
        return Outcome(True, "this device has none")
    certificate = _read(uplink.cert_file)
    if certificate.issuer == certificate.subject:  # with which a first boot begins
        return Outcome(True, "no authority of the office has signed it yet: the device is being registered")
    ends = f"it ends on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if not due(certificate, now):
        return Outcome(True, ends)
    try:
        fresh = _fetched(uplink, device, own, now)
        if _read(fresh).not_valid_after_utc <= certificate.not_valid_after_utc:
            raise DataError("the office has no newer one yet", hint="it is asked again tomorrow")
        _try(uplink, fresh)
    except (EdgeError, OSError) as error:
        return Outcome(not soon(certificate, now), f"{ends}, and is not renewed: {error}")
    put(uplink.cert_file, fresh)
    return Outcome(True, f"renewed; it ends on {_read(fresh).not_valid_after_utc:%Y-%m-%d}")


def _fetched(uplink: Uplink, device: str, own: DeviceKey, now: datetime) -> bytes:
    """The office's new certificate for the key of the connection. Raises EdgeError, OSError."""
    assert uplink.key_file is not None and uplink.ca_file is not None
    if not uplink.registration_port:
        raise DataError("there is no registration_port in [uplink]", hint="renew it by hand: docs/broker.md")
    request = make_renewal(device, own, certificate_request_of(uplink.key_file, device), int(now.timestamp())).encode()
    answer = ask(uplink, device, request)
    if answer is None:
        raise DataError("nobody answers where devices register", hint="the office runs `edge registration serve`")
    if answer.result != REGISTERED:
        said = "".join(letter for letter in answer.detail[:200] if letter.isprintable())
        raise DataError(f"{answer.result}: {said}", hint="the office's log says more")
    return certificate_of(answer, request, device, uplink.ca_file, now)


def _try(uplink: Uplink, fresh: bytes) -> None:
    """Raises DataError where the broker of the events does not take it."""
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder, "new.pem")
        tried.write_bytes(fresh)
        why = refused_by(replace(make_broker(uplink), cert_file=tried))
    if why:
        raise DataError(f"the broker does not take the new one: {why}", hint="the one in use stays")


def refused_by(broker: Broker) -> str:
    """Why a broker ends a connection with this certificate, or empty when it waits for us to speak: then it has taken
    it. Not a word of MQTT is said, since the broker would end the daemon's connection, which has the same name.
    """
    try:
        with (
            socket.create_connection((broker.host, broker.port), timeout=_CONNECT_S) as plain,
            tls_context(broker).wrap_socket(plain, server_hostname=broker.host) as secured,
        ):
            return _ended(secured)
    except (OSError, EdgeError) as error:
        return str(of_failure(error, broker))


def _ended(secured: ssl.SSLSocket) -> str:
    """With TLS 1.3 a certificate is refused after the handshake. Raises OSError with the reason."""
    secured.settimeout(_LISTEN_S)
    try:
        return "" if secured.recv(1) else "it ends the connection"
    except TimeoutError:
        return ""


def _read(source: Path | bytes) -> x509.Certificate:
    text = source if isinstance(source, bytes) else source.read_bytes()
    try:
        return x509.load_pem_x509_certificate(text)
    except ValueError as error:
        raise DataError(f"cert_file is no certificate: {error}", hint="put the office's in its place") from error


def _as_shown(uplink: Uplink, environ: Mapping[str, str]) -> Uplink:
    """What systemd shows to the daemon it shows to this program under the same name, in a folder of its own."""
    shown, key = environ.get("CREDENTIALS_DIRECTORY"), uplink.key_file
    if shown and key is not None and key.is_relative_to("/run/credentials"):
        return replace(uplink, key_file=Path(shown, key.name))
    return uplink


def _own(found: Effective) -> Uplink:
    """Where certificate and key lie, only the device's own file says: what is laid over it stands in the daemon's
    directory, and whoever has got hold of the daemon would have root replace a file of its own. Raises DataError.
    """
    own, asked = found.base.config.uplink, found.config.uplink
    if (own.cert_file, own.key_file) != (asked.cert_file, asked.key_file):
        raise DataError("cert_file or key_file was set from afar", hint="write it into the device's own file")
    return _as_shown(asked, os.environ)


def main() -> int:
    """Exit code 0 where nobody has to do anything, 1 where somebody has; the note says what."""
    parser = argparse.ArgumentParser(prog="edge.install.registering.renewing", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/edge/edge.toml"), metavar="FILE")
    parser.add_argument("--note", type=Path, default=RENEWAL_FOLDER, metavar="DIR", help=f"({RENEWAL_FOLDER})")
    args = parser.parse_args()
    try:
        effective = load_effective(args.config, starting=False)
        device, state_dir = effective.config.device, effective.config.store.state_dir
        own = load_device_key(state_dir)
        found = renew(_own(effective), f"{device.site}/{device.id}", own, datetime.now(UTC))
    except (EdgeError, OSError) as error:
        found = Outcome(False, str(error))
    leave_note(args.note, DUTY, good=found.good, detail=found.detail)
    print(f"edge: the certificate: {found.detail}", flush=True)
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
