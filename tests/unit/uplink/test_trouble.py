from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.uplink.faults import Faults
from edge.uplink.settings import Broker, password, tls_context
from edge.uplink.trouble import Trouble, of_failure, of_reason, of_refusal, of_tls

BROKER = Broker("broker.example", 8883)


def certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "openssl's words"
    return error


@pytest.mark.parametrize(
    ("error", "word", "lasting"),
    [
        (ConnectionRefusedError(), "nothing answers at broker.example:8883", False),
        (socket.gaierror(-2, "unknown"), "broker.example is not known", False),
        (TimeoutError(), "does not answer in time", False),
        (OSError(113, "No route to host"), "No route to host", False),
        (certificate_error(10), "clock is wrong", True),
        (certificate_error(9), "clock right", True),
        (certificate_error(20), "ca_file does not name", True),
        (certificate_error(62), "host must be a name that stands in", True),
        (certificate_error(23), "openssl's words", True),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "does not speak TLS", True),
        (ConfigError("ca_file x cannot be used", hint="do y"), "do y", True),
    ],
)
def test_a_failure_to_connect_says_what_to_do(error: Exception, word: str, lasting: bool) -> None:
    trouble = of_failure(error, BROKER)
    assert word in str(trouble)
    assert trouble.lasting is lasting


@pytest.mark.parametrize(
    ("code", "word", "lasting"),
    [
        (0x86, "password_file", True),
        (0x87, "access list", True),
        (0x8E, "same site and id", True),
        (0x88, "Server unavailable", False),
        (0x8B, "shutting down", False),
    ],
)
def test_a_reason_code_says_what_to_do(code: int, word: str, lasting: bool) -> None:
    trouble = of_reason(code, {0x88: "Server unavailable", 0x8B: "Server shutting down"}.get(code, "x"), BROKER)
    assert word in str(trouble)
    assert trouble.lasting is lasting


def test_a_refused_device_certificate() -> None:
    assert of_tls("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required", BROKER).lasting
    assert of_tls("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca", BROKER).lasting
    assert not of_tls("[SSL: SHUTDOWN_WHILE_IN_INIT]", BROKER).lasting


def test_a_refused_topic_names_it() -> None:
    assert "edge/v1/s/d/event/door.opened (0x87)" in str(of_refusal("edge/v1/s/d/event/door.opened", 0x87))
    assert "broker's log" in str(of_refusal("t", 0x83))


def test_a_fault_is_said_once_and_the_recovery_when_all_is_well() -> None:
    said: list[str] = []
    faults = Faults(lambda component, what, _detail: said.append(f"{component}: {what}"), said.append)
    faults.begin("a", Trouble("one"))
    faults.begin("a", Trouble("one"))
    faults.begin("b", Trouble("two"))
    faults.end("a")
    faults.end("a")
    faults.end("b")
    faults.begin("a", Trouble("one"))
    assert said == ["uplink: one", "uplink: two", "uplink", "uplink: one"]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=r"ca_file .*ca\.pem cannot be used"):
        tls_context(Broker("h", ca_file=file))
    with pytest.raises(ConfigError, match=r"cert_file .*ca\.pem cannot be used"):
        tls_context(Broker("h", cert_file=file))


def test_the_password_is_the_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret \r\n", encoding="utf-8")
    assert password(Broker("h", password_file=file)) == "s3cret "
    assert password(Broker("h")) is None
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="password_file"):
        password(Broker("h", password_file=file))


def test_tls_is_never_older_than_1_2() -> None:
    context = tls_context(Broker("h"))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
