"""The device's end: what it believes of an answer, and what a power cut leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registering_samples import NAME, NOW, Asking, asking, desk, make_ca, token

import edge.install.registering.device as device_module
from edge.config.schema import Uplink
from edge.errors import DataError
from edge.install.registering.authority import Authority
from edge.install.registering.device import DONE, certificate_of, register
from edge.install.registering.exchange import (
    ATTEMPT,
    Answer,
    answer_topic,
    device_of,
    new_attempt,
    read_answer,
    request_topic,
)
from edge.install.registration import key_fingerprint


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    make_ca(folder, "authority")
    make_ca(folder / "other", "authority")
    return folder


@pytest.fixture
def device() -> Asking:
    return asking(token())


def answer_from(folder: Path, pki: Path, device: Asking) -> Answer:
    return desk(folder, Authority(pki / "ca.pem", pki / "ca.key", 730)).judge(NAME, device.request, NOW)[0]


def test_only_our_authority_s_certificate_for_our_own_key_is_taken(tmp_path: Path, pki: Path, device: Asking) -> None:
    good = answer_from(tmp_path / "1", pki, device)
    ca = pki / "ca.pem"
    assert certificate_of(good, device.request, NAME, ca, NOW) == good.certificate.encode()
    both = tmp_path / "both.pem"
    both.write_bytes((pki / "other/ca.pem").read_bytes() + ca.read_bytes())
    assert certificate_of(good, device.request, NAME, both, NOW) == good.certificate.encode()
    for wrong, match in (
        (replace(good, certificate="junk"), "cannot be judged"),
        (answer_from(tmp_path / "2", pki, asking(token())), "another device or key"),
        (answer_from(tmp_path / "3", pki / "other", device), "not signed by an authority"),
    ):
        with pytest.raises(DataError, match=match):
            certificate_of(wrong, device.request, NAME, ca, NOW)
    with pytest.raises(DataError, match="has expired"):
        certificate_of(good, device.request, NAME, ca, NOW + timedelta(days=731))
    with pytest.raises(DataError, match="another device"):
        certificate_of(good, device.request, "riverside/gate-south", ca, NOW)


@pytest.mark.parametrize("cut_at", [1, 2])
def test_the_power_goes_while_the_certificate_is_put_in_its_place(
    tmp_path: Path, pki: Path, device: Asking, monkeypatch: pytest.MonkeyPatch, cut_at: int
) -> None:
    answer = answer_from(tmp_path, pki, device)
    (tmp_path / "registration.request").write_bytes(device.request + b"\n")
    place = tmp_path / "device.pem"
    place.write_text("its own")
    uplink = Uplink("broker.example", ca_file=pki / "ca.pem", cert_file=place, registration_port=8885)
    monkeypatch.setattr(device_module, "ask", lambda *_: answer)
    real, left = device_module.put, [cut_at]

    def put(path: Path, content: bytes) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError("the power has gone")
        real(path, content)

    monkeypatch.setattr(device_module, "put", put)
    with pytest.raises(OSError, match="power"):
        register(uplink, NAME, tmp_path, NOW)
    assert place.read_text() in ("its own", answer.certificate) and not (tmp_path / DONE).exists()
    assert register(uplink, NAME, tmp_path, NOW).startswith("registered; ")
    assert place.read_text() == answer.certificate
    assert json.loads((tmp_path / DONE).read_text())["device"] == NAME
    assert register(uplink, NAME, tmp_path, NOW) == "registered already"


def test_what_is_not_yes_changes_nothing(
    tmp_path: Path, pki: Path, device: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registration.request").write_bytes(device.request)
    uplink = Uplink("broker.example", ca_file=pki / "ca.pem", cert_file=tmp_path / "x.pem", registration_port=8885)
    given: list[Answer | None] = [None, Answer("", "waiting", detail="the office\x1b[2J has yet to sign")]
    monkeypatch.setattr(device_module, "ask", lambda *_: given.pop(0))
    desk(tmp_path, None).judge(NAME, device.request, NOW)
    found = key_fingerprint((tmp_path / f"devices/{NAME}.signing.pub.pem").read_bytes())
    known_by = f"this device's key has the fingerprint {found}"
    assert register(uplink, NAME, tmp_path) == f"nobody answers there yet; {known_by}"
    assert register(uplink, NAME, tmp_path) == f"waiting: the office[2J has yet to sign; {known_by}"
    given.append(Answer("", "refused", "used", "used already"))
    with pytest.raises(DataError, match="the office refuses: used already"):
        register(uplink, NAME, tmp_path)
    assert not (tmp_path / "x.pem").exists() and not (tmp_path / DONE).exists()
    assert register(replace(uplink, registration_port=0), NAME, tmp_path).startswith("no registration_port")


def test_topics() -> None:
    topic, attempt = request_topic(NAME), new_attempt()
    assert ATTEMPT.fullmatch(attempt)
    assert device_of(topic) == NAME
    assert answer_topic(topic, f"{topic}/{attempt}") == f"{topic}/{attempt}"
    for elsewhere in (
        "",
        topic,
        f"{topic}/",
        f"{topic}/+",
        f"{topic}/{attempt}/x",
        f"edge/v1/{NAME}/command/unlock",
        f"edge/v1/riverside/gate-south/registration/{attempt}",
    ):
        assert answer_topic(topic, elsewhere) is None
    for other in (
        "edge/v1/a/b/state",
        "edge/v1/+/+/registration",
        "edge/v1/a/registration",
        "edge/v1/../b/registration",
    ):
        assert device_of(other) is None


@given(
    st.binary(max_size=200)
    | st.builds(
        lambda value: json.dumps(value).encode(),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["request", "result", "x"]), inner)
            ),
            max_leaves=6,
        ),
    )
)
def test_whatever_comes_is_an_answer_or_refused(payload: bytes) -> None:
    try:
        answer = read_answer(payload)
    except DataError:
        return
    assert isinstance(answer.result, str)
