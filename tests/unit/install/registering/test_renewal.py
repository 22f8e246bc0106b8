"""A certificate is made anew in time: by whom, for whom, and what keeps the one in use."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from registering_samples import NAME, NOW, ROOT, Asking, asking, desk, make_ca, token

import edge.install.registering.renewing as renewing
from edge.__main__ import main
from edge.config.desired import Desired
from edge.config.schema import Uplink
from edge.config.standing import FOLDER_NAME, Standing, write_standing
from edge.errors import DataError, HardwareError
from edge.install.firstboot.identity import certificate_request_of
from edge.install.registering.authority import Authority
from edge.install.registering.desk import Desk, sign
from edge.install.registering.device import csr_of
from edge.install.registering.exchange import Answer
from edge.install.registering.renewal import due, is_renewal, make_renewal, soon
from edge.runtime.duties import read_note
from edge.store.keys import DeviceKey, load_device_key
from edge.uplink.settings import Broker

LATE = NOW + timedelta(days=650)
OWN = DeviceKey(bytes(32))


@pytest.fixture
def device() -> Asking:
    return asking(token())


@pytest.fixture
def office(tmp_path: Path, authority: Authority, device: Asking) -> Desk:
    """One that has registered the device."""
    made = desk(tmp_path, authority)
    assert made.judge(NAME, device.request, NOW)[0].result == "registered"
    return made


def renewal(folder: Path, device: Asking, own: DeviceKey = OWN, name: str = NAME) -> bytes:
    return make_renewal(name, own, certificate_request_of(key_of(folder, device), name), 0).encode()


def key_of(folder: Path, device: Asking) -> Path:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "device.key").write_bytes(device.key.private_bytes(serialization.Encoding.PEM, *form))
    return folder / "device.key"


def ends(certificate: str | bytes) -> datetime:
    text = certificate.encode() if isinstance(certificate, str) else certificate
    return x509.load_pem_x509_certificate(text).not_valid_after_utc


def test_in_its_last_ninety_days_a_certificate_is_made_anew_once(tmp_path: Path, office: Desk, device: Asking) -> None:
    first = (tmp_path / f"devices/{NAME}.pem").read_text()
    request = renewal(tmp_path, device)
    assert is_renewal(request) and not is_renewal(device.request) and not is_renewal(b"\xff")
    assert office.judge(NAME, request, NOW + timedelta(days=600))[0].certificate == first
    answer, told = office.judge(NAME, request, LATE)
    assert (answer.result, told) == ("registered", f"{NAME} has its certificate renewed")
    assert ends(answer.certificate) - LATE > timedelta(days=729)
    key = x509.load_pem_x509_certificate(answer.certificate.encode()).public_key()
    assert key == device.key.public_key()
    again = office.judge(NAME, renewal(tmp_path, device), LATE + timedelta(days=1))[0]
    assert again.certificate == answer.certificate  # the answer may have been lost
    assert office.judge(NAME, device.request, LATE)[0].certificate == answer.certificate


def test_only_the_device_itself_gets_one_for_its_own_key_and_in_time(
    tmp_path: Path, office: Desk, device: Asking
) -> None:
    other = DeviceKey(bytes([7]) * 32)
    stranger = asking(token(), secret=7)
    south = "riverside/gate-south"
    for request, name, now, reason in (
        (renewal(tmp_path, device, other), NAME, LATE, "malformed"),
        (renewal(tmp_path, stranger), NAME, LATE, "known"),
        (renewal(tmp_path, device, name=south), NAME, LATE, "malformed"),
        (renewal(tmp_path, device, name=south), south, LATE, "unknown"),
        (renewal(tmp_path, device)[:-4] + b"AAAA", NAME, LATE, "malformed"),
        (renewal(tmp_path, device), NAME, NOW + timedelta(days=731), "lapsed"),
    ):
        before = (tmp_path / f"devices/{NAME}.pem").read_bytes()
        answer, _ = office.judge(name, request, now)
        assert (answer.result, answer.reason, answer.certificate) == ("refused", reason, "")
        assert (tmp_path / f"devices/{NAME}.pem").read_bytes() == before


def test_who_was_shut_out_gets_none(
    tmp_path: Path, authority: Authority, office: Desk, device: Asking, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["registration", "revoke", NAME, "--out", str(tmp_path / "devices")]
    assert main(words) == 0 and "no certificate any more" in capsys.readouterr().out
    for request in (renewal(tmp_path, device), device.request):
        assert office.judge(NAME, request, LATE)[0].reason == "revoked"
    before = (tmp_path / f"devices/{NAME}.pem").read_bytes()
    with pytest.raises(DataError, match="was shut out"):
        sign(tmp_path / "devices", NAME, authority, LATE)
    assert (tmp_path / f"devices/{NAME}.pem").read_bytes() == before
    assert main([*words, "--undo"]) == 0
    assert office.judge(NAME, renewal(tmp_path, device), LATE)[0].result == "registered"
    words[2] = "riverside/gate-south"
    assert main(words) == 4


def test_where_a_person_signs_the_device_waits(tmp_path: Path, authority: Authority, device: Asking) -> None:
    desk(tmp_path, authority).judge(NAME, device.request, NOW)
    office = desk(tmp_path, None)
    assert office.judge(NAME, renewal(tmp_path, device), LATE)[0].result == "waiting"
    place = tmp_path / f"devices/{NAME}.pem"
    before = place.read_bytes()
    sign(tmp_path / "devices", NAME, authority, NOW + timedelta(days=10))
    assert place.read_bytes() == before
    sign(tmp_path / "devices", NAME, authority, LATE)
    answer = office.judge(NAME, renewal(tmp_path, device), LATE)[0]
    assert answer.certificate == place.read_text() and ends(answer.certificate) > ends(before)


@pytest.mark.parametrize(("days", "asks", "warns"), [(730, 90, 60), (90, 30, 18), (30, 10, 6)])
def test_a_short_life_is_renewed_later(pki: Path, days: int, asks: int, warns: int) -> None:
    shorter = Authority(pki / "ca.pem", pki / "ca.key", days - 1)  # dated back by a day
    signed = shorter.sign(csr_of(asking(token()).request), NAME, NOW)
    certificate = x509.load_pem_x509_certificate(signed)
    hour, end = timedelta(hours=1), certificate.not_valid_after_utc
    for judge, left in ((due, asks), (soon, warns)):
        assert not judge(certificate, end - timedelta(days=left) - hour)
        assert judge(certificate, end - timedelta(days=left) + hour)


class Device:
    """What lies on a registered device."""

    def __init__(self, folder: Path, pki: Authority, office: Desk, asked: Asking, ca: Path) -> None:
        self.office, self.place = office, folder / "etc/device.pem"
        self.place.parent.mkdir()
        self.place.write_bytes((folder / f"devices/{NAME}.pem").read_bytes())
        ca.write_bytes(pki.certificate.public_bytes(serialization.Encoding.PEM))
        self.uplink = Uplink(
            "broker.example",
            ca_file=ca,
            cert_file=self.place,
            key_file=key_of(folder, asked),
            registration_port=8885,
        )
        self.tried: list[bytes] = []
        self.refused = ""

    def ask(self, _uplink: Uplink, device: str, request: bytes) -> Answer | None:
        return self.office.judge(device, request, LATE)[0]

    def refused_by(self, broker: Broker) -> str:
        assert broker.cert_file is not None and broker.key_file == self.uplink.key_file
        self.tried.append(broker.cert_file.read_bytes())
        assert self.place.read_bytes() != self.tried[-1]  # not before it was tried
        return self.refused


@pytest.fixture
def registered(
    tmp_path: Path, authority: Authority, office: Desk, device: Asking, monkeypatch: pytest.MonkeyPatch
) -> Device:
    made = Device(tmp_path, authority, office, device, tmp_path / "ca.pem")
    monkeypatch.setattr(renewing, "ask", lambda *words: made.ask(*words))
    monkeypatch.setattr(renewing, "refused_by", made.refused_by)
    return made


def test_the_one_in_use_stays_until_the_broker_has_taken_the_new_one(registered: Device) -> None:
    before = registered.place.read_bytes()
    assert renewing.renew(registered.uplink, NAME, OWN, NOW).good and not registered.tried  # it is not time yet
    registered.refused = "unknown ca"
    told = renewing.renew(registered.uplink, NAME, OWN, LATE)
    assert told.good and "the broker does not take the new one: unknown ca" in told.detail  # 80 days are left
    assert registered.place.read_bytes() == before
    told = renewing.renew(registered.uplink, NAME, OWN, NOW + timedelta(days=700))
    assert not told.good and registered.place.read_bytes() == before
    registered.refused = ""
    told = renewing.renew(registered.uplink, NAME, OWN, LATE)
    assert told.good and told.detail.startswith("renewed; it ends on ")
    assert registered.place.read_bytes() == registered.tried[-1] != before
    assert ends(registered.place.read_bytes()) > ends(before)
    assert registered.place.stat().st_mode & 0o777 == 0o644  # the daemon reads it as another user
    assert renewing.renew(registered.uplink, NAME, OWN, LATE).detail.startswith("it ends on ")


def test_what_keeps_it_from_being_renewed_is_told_in_its_last_sixty_days(
    registered: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, late = registered.place.read_bytes(), NOW + timedelta(days=700)

    def unreachable(*_words: object) -> None:
        raise HardwareError("broker.example:8885: no route")

    old = Answer("", "registered", certificate=before.decode())
    for ask, said in (
        (lambda *_: None, "nobody answers"),
        (lambda *_: Answer("", "waiting", detail="the office\x1b has yet to sign"), "waiting: the office has yet to"),
        (lambda *_: Answer("", "refused", "revoked", "the office has shut this device out"), "shut this device out"),
        (lambda *_: old, "no newer one yet"),
        (lambda *_: replace(old, certificate="junk"), "cannot be judged"),
        (unreachable, "no route"),
    ):
        monkeypatch.setattr(renewing, "ask", ask)
        for now, good in ((LATE, True), (late, False)):
            told = renewing.renew(registered.uplink, NAME, OWN, now)
            assert (told.good, said in told.detail) == (good, True), told
    by_hand = replace(registered.uplink, registration_port=0)
    assert "by hand" in renewing.renew(by_hand, NAME, OWN, late).detail
    assert registered.place.read_bytes() == before and not registered.tried


def test_a_device_without_an_office_s_certificate_has_nothing_to_renew(registered: Device, tmp_path: Path) -> None:
    assert renewing.renew(replace(registered.uplink, tls=False), NAME, OWN, LATE).good
    make_ca(tmp_path / "own", "authority")  # signed by itself
    begun = replace(registered.uplink, cert_file=tmp_path / "own/ca.pem")
    assert "being registered" in renewing.renew(begun, NAME, OWN, LATE).detail


@pytest.mark.parametrize("ca", ["of another authority", "damaged"])
def test_a_certificate_of_an_authority_that_ca_file_does_not_name_does_not_end_unnoticed(
    registered: Device, tmp_path: Path, ca: str
) -> None:
    make_ca(tmp_path / "other", "authority")
    if ca == "damaged":
        (tmp_path / "other/ca.pem").write_text("-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n")
    before = registered.place.read_bytes()
    told = renewing.renew(
        replace(registered.uplink, ca_file=tmp_path / "other/ca.pem"), NAME, OWN, NOW + timedelta(days=700)
    )
    assert not told.good and "certificate in the answer" in told.detail
    assert registered.place.read_bytes() == before


@pytest.mark.parametrize("key", ["cert_file", "key_file"])
def test_no_overlay_says_which_file_root_replaces(
    registered: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """It stands in the daemon's directory: who has the daemon writes it."""
    state, etc, files = tmp_path / "state", tmp_path / "etc", registered.uplink
    load_device_key(state, create=True)
    config, text = etc / "edge.toml", (ROOT / "config/gate.toml").read_text()
    for name in ("ca_file", "cert_file", "key_file"):
        text = re.sub(rf"(?m)^{name} = .*$", f"{name} = '{getattr(files, name)}'", text)
    config.write_text(re.sub(r"(?m)^\[lock\]$", f"[store]\nstate_dir = '{state}'\n\n[lock]", text))
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "edge.toml").write_bytes(getattr(files, key).read_bytes())
    overlay = Desired(1, {"uplink": {key: str(planted / "edge.toml")}})
    write_standing(state / FOLDER_NAME, Standing(confirmed=overlay))
    monkeypatch.setattr("sys.argv", ["renewing", "--config", str(config), "--note", str(tmp_path)])
    assert renewing.main() == 1
    assert "set from afar" in read_note(tmp_path / "certificate.json").detail


def test_the_connection_s_key_is_where_systemd_shows_it(registered: Device) -> None:
    shown = replace(registered.uplink, key_file=Path("/run/credentials/edge.service/uplink.key"))
    environ = {"CREDENTIALS_DIRECTORY": "/run/credentials/edge-renew.service"}
    assert renewing._as_shown(shown, environ).key_file == Path("/run/credentials/edge-renew.service/uplink.key")
    assert renewing._as_shown(shown, {}) == shown
    assert renewing._as_shown(registered.uplink, environ) == registered.uplink


def test_the_daemon_finds_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "edge.toml"
    config.write_text("nonsense")
    (tmp_path / "run").mkdir()
    monkeypatch.setattr("sys.argv", ["renewing", "--config", str(config), "--note", str(tmp_path / "run")])
    assert renewing.main() == 1
    note = read_note(tmp_path / "run/certificate.json")
    assert not note.good and "not TOML" in note.detail
