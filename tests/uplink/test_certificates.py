"""scripts/make-ca: what it makes is accepted on both sides and by the strictest check, and never overwritten."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edge.uplink.settings import tls_context
from tests.uplink.certificates import Authority
from tests.uplink.rig import running
from tests.uplink.shipped import ShippedBroker, device_settings, make_ca, make_everything

GATE = "riverside/gate"  # whom tests/uplink/rig.py runs


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_everything(tmp_path_factory.mktemp("pki"), GATE)


def test_private_keys_are_private_and_certificates_are_not(pki: Path) -> None:
    keys = list(pki.rglob("*.key"))
    assert len(keys) == 8
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert all(key.with_suffix(".pem").stat().st_mode & stat.S_IROTH for key in keys)


@pytest.mark.parametrize(
    "words", [["authority"], ["broker", "127.0.0.1"], ["device", GATE], ["program", "office"]], ids=" ".join
)
def test_nothing_is_overwritten(pki: Path, words: list[str]) -> None:
    before = {path: path.read_bytes() for path in pki.rglob("*.*") if path.is_file()}
    done = make_ca(pki, *words)
    assert done.returncode == 4
    assert "is there already, and is not overwritten" in done.stderr
    assert {path: path.read_bytes() for path in pki.rglob("*.*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["device", "gate-north"], "SITE/DEVICE"),
        (["device", "river side/gate"], "SITE/DEVICE"),
        (["device", "+/gate"], "SITE/DEVICE"),
        (["device", "a" * 40 + "/" + "b" * 40], "64 characters"),
        (["device", "riverside/roster"], "something else"),
        (["program", "riverside/gate"], "small letters"),
        (["program", "broker"], "taken"),
        (["broker", "not a name"], "neither a host name nor an address"),
    ],
    ids=str,
)
def test_names_that_would_not_do_are_refused(pki: Path, words: list[str], said: str) -> None:
    done = make_ca(pki, *words)
    assert done.returncode == 4
    assert said in done.stderr


def test_without_an_authority_it_says_what_to_do_first(tmp_path: Path) -> None:
    done = make_ca(tmp_path, "device", GATE)
    assert done.returncode == 4
    assert f"first make-ca {tmp_path} authority" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_goes_where(tmp_path: Path) -> None:
    assert "ca.pem: to the broker and to every device" in make_ca(tmp_path, "authority").stdout
    assert "/etc/edge/device.key" in make_ca(tmp_path, "device", GATE).stdout
    assert "[uplink] host" in make_ca(tmp_path, "broker", "broker.example", "10.0.0.5").stdout


@pytest.mark.parametrize("host", ["broker.example", "10.0.0.5"])
def test_the_strictest_check_passes_on_both_sides(tmp_path: Path, host: str) -> None:
    """With VERIFY_X509_STRICT, Python 3.13's default, which a device does not insist on."""
    for words in (["authority"], ["broker", "broker.example", "10.0.0.5"], ["device", GATE]):
        assert make_ca(tmp_path, *words).returncode == 0
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    for context, name in ((server, "broker"), (client, f"devices/{GATE}")):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
    left, right = socket.socketpair()
    peers: list[object] = []

    def serve() -> None:
        with server.wrap_socket(left, server_side=True) as accepted:
            peers.append(accepted.getpeercert())
            accepted.sendall(b"hello")

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(right, server_hostname=host) as connected:
        assert connected.recv(5) == b"hello"
    thread.join(10)
    assert "riverside/gate" in str(peers)


def test_a_device_connects_with_them_to_the_shipped_broker(tmp_path: Path, pki: Path) -> None:
    broker = ShippedBroker(tmp_path, pki)
    broker.start()
    try:
        settings = device_settings(broker, pki, GATE)
        assert tls_context(settings).verify_mode == ssl.CERT_REQUIRED
        with running(tmp_path / "device", settings) as rig:
            rig.submit(20)
            rig.wait_empty()
            assert rig.faults == []
        theirs = Authority(tmp_path, "theirs")
        cert, key = theirs.issue("gate")
        for number, (wrong, words) in enumerate(
            [
                (replace(settings, ca_file=theirs.ca_file), ("certificate", "ca_file does not name")),
                (replace(settings, host="localhost"), ("another name", "host must be")),
                (replace(settings, cert_file=cert, key_file=key), ("refuses this device's certificate", "unknown ca")),
            ]
        ):
            with running(tmp_path / f"wrong-{number}", wrong) as rig:
                rig.submit()
                rig.wait(lambda rig=rig: len(rig.faults) > 0)
                ((_, what, detail),) = rig.faults
                assert all(word in f"{what}: {detail}" for word in words), f"{what}: {detail}"
                assert rig.uplink.status().acknowledged == 0
    finally:
        broker.stop()
