"""Which broker, and how to prove who we are. Secrets stand in files of their own, read at each attempt, so that a
renewed certificate or password needs no restart.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from edge.errors import ConfigError

if TYPE_CHECKING:
    from paho.mqtt.client import Client

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Broker:
    """The central broker. Without `ca_file` the system's certificate authorities are trusted.

    `window`: messages under way at once; the broker may lower it. `connect_timeout_s` bounds the TCP connection, the
    TLS handshake and the wait for the broker's answer, each. `longest_delay_s`: between two attempts to connect.
    """

    host: str
    port: int = 8883
    tls: bool = True
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    window: int = 100
    keepalive_s: int = 30
    session_expiry_s: int = 7 * 24 * 3600
    connect_timeout_s: float = 5.0
    longest_delay_s: float = 60.0

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho leaves that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def tls_context(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or newer, checking the broker's certificate and name. Raises ConfigError naming the file at fault."""
    ca_file = None if broker.ca_file is None else str(broker.ca_file)
    context = _using("ca_file", broker.ca_file, lambda: ssl.create_default_context(cafile=ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # From Python 3.13 on the default also wants a key usage in the authority's certificate, which those made by
    # `openssl req -x509` do not have. The chain, the dates and the name are checked either way.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.sslsocket_class = _TidySocket
    if broker.cert_file is not None:
        certificate, key = broker.cert_file, broker.key_file
        # Without a password of its own OpenSSL would ask for one on the terminal.
        _using("cert_file", certificate, lambda: context.load_cert_chain(certificate, key, password=""))
    return context


def password(broker: Broker) -> str | None:
    """The content of the password file without its line end. Raises ConfigError if it cannot be read."""
    file = broker.password_file
    if file is None:
        return None
    return _using("password_file", file, lambda: file.read_text(encoding="utf-8")).rstrip("\r\n")


def _using(key: str, file: Path | None, read: Callable[[], T]) -> T:
    try:
        return read()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{key} {file} cannot be used: {reason}",
            hint="it must be text (PEM, for keys) that the service may read; a key must fit its certificate",
        ) from error


def equip(client: Client, broker: Broker, heard: logging.Handler) -> None:
    """Give a new client of paho's its time-out, its name and TLS. What paho logs as a warning goes to `heard`. Raises
    ConfigError.
    """
    logger = logging.Logger("paho", logging.WARNING)  # not registered: it only serves this client
    logger.addHandler(heard)
    client.enable_logger(logger)
    client.connect_timeout = broker.connect_timeout_s
    if broker.username:
        client.username_pw_set(broker.username, password(broker))
    if broker.tls:
        client.tls_set_context(tls_context(broker))
