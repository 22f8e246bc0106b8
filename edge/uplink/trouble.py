"""What went wrong with the broker, in words an installer understands, and whether waiting will help."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from edge.errors import EdgeError
from edge.uplink.settings import Broker


@dataclass(frozen=True, slots=True)
class Trouble:
    """`what` happened, what to do (`hint`), and whether a person must do it (`lasting`): a broker that is down or
    out of reach comes back by itself, a wrong password does not.
    """

    what: str
    hint: str = ""
    lasting: bool = False

    def __str__(self) -> str:
        return f"{self.what} ({self.hint})" if self.hint else self.what


# OpenSSL's X509_V_ERR_* of a refused certificate.
_CERTIFICATE = {
    9: "the broker's certificate is not valid yet: is this device's clock right?",
    10: "the broker's certificate has expired: renew it; if it has not, this device's clock is wrong",
    18: "the broker's certificate is self-signed: name it, or the authority that signed it, as ca_file",
    19: "the broker's certificate comes from an authority that ca_file does not name",
    20: "the broker's certificate comes from an authority that ca_file does not name",
    21: "the broker's certificate comes from an authority that ca_file does not name",
    62: "the broker's certificate is for another name: host must be a name that stands in the certificate",
    64: "the broker's certificate is for another address: host must be a name that stands in the certificate",
}

# Reason codes of CONNACK and DISCONNECT, MQTT 5.0 section 2.4, that a person must do something about.
_REASONS = {
    0x84: "the broker speaks neither MQTT 5 nor 3.1.1: update it",
    0x85: "the broker does not accept the device's name: see [device] site and id",
    0x86: "wrong user name or password: check username and password_file against the broker",
    0x87: "the broker does not let this device in: check username and password_file, and the broker's access list",
    0x8A: "the broker has banned this device: look into the broker's log",
    0x8C: "the broker wants another way of logging in: give it a certificate or a user name",
    0x8E: "another device with the same site and id has taken over the connection: give each its own id",
    0x95: "an event was larger than the broker takes: raise its limit",
    0x9C: "the broker wants another server to be used: change host",
    0x9D: "the broker has moved: change host",
}


_REFUSALS = {
    0x87: "the broker's access list does not let this device write there",
    0x90: "the broker does not allow this topic",
    0x95: "it is larger than the broker takes: raise its limit",
    0x97: "the broker's quota for this device is used up",
    0x99: "the broker does not accept its content",
}


def of_failure(error: Exception, broker: Broker) -> Trouble:
    """Why an attempt to connect did not succeed."""
    at = broker.address
    if isinstance(error, EdgeError):
        return Trouble(error.message, error.hint, lasting=True)
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = _CERTIFICATE.get(error.verify_code, error.verify_message)
        return Trouble(f"the certificate of {at} is refused", hint, lasting=True)
    if isinstance(error, socket.gaierror):
        return Trouble(f"the name {broker.host} is not known", "is the network up, and is the name right?")
    if isinstance(error, ConnectionRefusedError):
        return Trouble(f"nothing answers at {at}", "is the broker running, and is the port right?")
    if isinstance(error, TimeoutError):
        return Trouble(f"{at} does not answer in time", "is the network up?")
    if isinstance(error, ssl.SSLError):
        return of_tls(str(error), broker)
    return Trouble(f"{at} cannot be reached: {error}")


def of_tls(reason: str, broker: Broker) -> Trouble:
    """Why the TLS connection was ended, from OpenSSL's word for it."""
    word = reason.upper().replace(" ", "_")
    if "WRONG_VERSION_NUMBER" in word or "RECORD_LAYER_FAILURE" in word:
        return Trouble(f"{broker.address} does not speak TLS", "wrong port, or set tls = false", lasting=True)
    if any(alert in word for alert in ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE")):
        return Trouble(
            f"{broker.address} refuses this device's certificate: {reason}",
            "check that cert_file is signed by an authority the broker trusts and has not expired",
            lasting=True,
        )
    return Trouble(f"TLS with {broker.address} failed: {reason}")


def of_reason(code: int, name: str, broker: Broker) -> Trouble:
    """Why the broker refused or ended the connection, from its reason code."""
    hint = _REASONS.get(code, "")
    return Trouble(f"{broker.address} says: {name}", hint, lasting=bool(hint))


def of_short_connections(broker: Broker) -> Trouble:
    """Several connections in a row came about and broke within seconds."""
    hint = "another device with the same site and id, or something the broker dislikes: its log says which"
    return Trouble(f"connections to {broker.address} break as soon as they are made", hint, lasting=True)


def of_refusal(topic: str, code: int) -> Trouble:
    """Why the broker did not take a message on a topic, from the reason code of its PUBACK; 0 stands for a broker
    that broke the connection instead.
    """
    if code == 0:
        what = f"the broker closes the connection at a message on {topic}"
        return Trouble(what, "probably too large for it: raise its limit; it is kept and tried again", lasting=True)
    hint = _REFUSALS.get(code, "see the broker's log")
    return Trouble(f"the broker refuses {topic} (0x{code:02x})", f"{hint}; it is kept and tried again", lasting=True)


def of_subscription(topic: str, code: int) -> Trouble:
    """Why the broker does not let the device listen, from the reason code of its SUBACK."""
    hint = "the broker's access list does not let this device read there" if code in (0x80, 0x87) else "see its log"
    return Trouble(f"the broker refuses to let this device listen to {topic} (0x{code:02x})", hint, lasting=True)


def of_silent_store() -> Trouble:
    """In mode `confirmed`: the broker takes everything, and nobody says that it is kept."""
    return Trouble(
        "the central store confirms nothing",
        "is `edge sink` running, and is sink_key_file its key? Events are kept and sent again",
        lasting=True,
    )
