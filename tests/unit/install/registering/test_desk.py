"""The office's desk: one use of a token exactly, whatever is repeated, altered, stolen or cut off."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from registering_samples import NAME, NOW, OFFICE, asking, desk, make_ca, token

import edge.install.registering.desk as desk_module
import edge.install.registration as registration
from edge.__main__ import main
from edge.errors import ConfigError, HardwareError
from edge.install.registering.authority import Authority
from edge.install.registering.desk import Desk
from edge.install.registration import key_fingerprint
from tests.card_samples import KEY


def test_a_good_request_gets_a_certificate_and_gets_the_same_again(tmp_path: Path, authority: Authority) -> None:
    device, office = asking(token()), desk(tmp_path, authority)
    answer, told = office.judge(NAME, device.request, NOW)
    assert (answer.result, told) == ("registered", f"{NAME} is registered")
    certificate = x509.load_pem_x509_certificate(answer.certificate.encode())
    certificate.verify_directly_issued_by(authority.certificate)
    assert certificate.public_key() == device.key.public_key()
    assert certificate.subject.rfc4514_string() == f"CN={NAME}"
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [use.dotted_string for use in usage] == ["1.3.6.1.5.5.7.3.2"]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.not_valid_after_utc - NOW == pytest.approx(timedelta(days=730), abs=timedelta(seconds=1))
    again = desk(tmp_path, authority).judge(NAME, device.request + b"\n", NOW + timedelta(days=30))[0]
    assert again == answer  # also after the token has expired, since the device asked in time


def test_a_thief_with_the_card_is_too_late_or_is_noticed(tmp_path: Path, authority: Authority) -> None:
    card, office = token(), desk(tmp_path, authority)
    real, thief = asking(card), asking(card, secret=7)
    assert office.judge(NAME, real.request, NOW)[0].result == "registered"
    answer, told = office.judge(NAME, thief.request, NOW)
    assert (answer.result, answer.reason, answer.certificate) == ("refused", "used", "")
    assert "somebody has copied it" in told
    assert str(tmp_path) not in answer.detail  # the office's folders are nobody's business
    # A new card for a device that is known does not replace its keys: a person has to forget them first.
    answer, _ = office.judge(NAME, asking(token(), secret=7).request, NOW)
    assert (answer.result, answer.reason) == ("refused", "known")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("expired", "expired"),
        ("altered", "malformed"),
        ("foreign", "foreign"),
        ("other", "foreign"),
        ("junk", "malformed"),
    ],
)
def test_what_does_not_hold_is_refused_and_uses_nothing_up(
    tmp_path: Path, authority: Authority, kind: str, reason: str
) -> None:
    device, office = asking(token()), desk(tmp_path, authority)
    request, name, now = device.request, NAME, NOW
    if kind == "expired":
        now = NOW + timedelta(days=8)
    elif kind == "altered":
        request = request[:-9] + (b"A" if request[-9:-8] != b"A" else b"B") + request[-8:]
    elif kind == "foreign":
        office = Desk({"berta": KEY.public_key()}, tmp_path / "book", tmp_path / "devices", authority)
    elif kind == "other":
        request = asking(token("riverside/gate-south")).request  # with the token of another device
    else:
        request = b"\x00\xff{}"
    answer, _ = office.judge(name, request, now)
    assert (answer.result, answer.reason, answer.certificate) == ("refused", reason, "")
    assert not list(tmp_path.rglob("*.json")) and not list(tmp_path.rglob("*.pem"))
    assert desk(tmp_path, authority).judge(NAME, device.request, NOW)[0].result == "registered"


def test_nobody_asks_on_the_topic_of_another(tmp_path: Path, authority: Authority) -> None:
    south = asking(token("riverside/gate-south"), "riverside/gate-south")
    answer, _ = desk(tmp_path, authority).judge(NAME, south.request, NOW)
    assert (answer.result, answer.reason) == ("refused", "foreign")


def test_without_an_authority_a_person_signs(tmp_path: Path, pki: Path, capsys: pytest.CaptureFixture[str]) -> None:
    device, office = asking(token()), desk(tmp_path, None)
    assert office.judge(NAME, device.request, NOW)[0].result == "waiting"
    found = key_fingerprint((tmp_path / f"devices/{NAME}.signing.pub.pem").read_bytes())
    words = ["registration", "sign", NAME, "--out", str(tmp_path / "devices")]
    words += ["--authority", str(pki / "ca.pem"), "--authority-key", str(pki / "ca.key")]
    assert main([*words, "--fingerprint", "0000-1111-2222-3333"]) == 4
    assert "somebody else asked" in capsys.readouterr().err
    assert office.judge(NAME, device.request, NOW)[0].result == "waiting"
    assert main([*words, "--fingerprint", found.upper()]) == 0
    assert found in capsys.readouterr().out
    answer = office.judge(NAME, device.request, NOW)[0]
    assert answer.result == "registered" and "BEGIN CERTIFICATE" in answer.certificate
    words[2] = "riverside/gate-south"
    assert main(words) == 4  # has not asked


def test_a_certificate_for_another_key_is_not_handed_out(tmp_path: Path, authority: Authority) -> None:
    device, office = asking(token()), desk(tmp_path, None)
    office.judge(NAME, device.request, NOW)
    other = asking(token())
    csr = registration.accept(other.request, OFFICE, tmp_path / "elsewhere", int(NOW.timestamp())).csr_pem
    (tmp_path / f"devices/{NAME}.pem").write_bytes(authority.sign(csr, NAME, NOW))
    answer, _ = office.judge(NAME, device.request, NOW)
    assert (answer.result, answer.reason) == ("refused", "known")


def test_a_kill_anywhere_leaves_one_use_and_one_certificate(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off before and after each file that is written; then a thief asks, and then the device again."""
    real_new, left = registration.write_new, [0]

    def write_new(path: Path, content: bytes) -> bool:
        left[0] -= 1
        if left[0] == 0:
            raise HardwareError("killed")
        made = real_new(path, content)
        left[0] -= 1
        if left[0] == 0:
            raise HardwareError("killed")
        return made

    monkeypatch.setattr(registration, "write_new", write_new)
    monkeypatch.setattr(desk_module, "write_new", write_new)
    card = token()
    device, thief = asking(card), asking(card, secret=7)
    for cut in range(1, 11):
        folder = tmp_path / str(cut)
        left[0] = cut
        with pytest.raises(HardwareError, match="killed"):
            desk(folder, authority).judge(NAME, device.request, NOW)
        left[0] = 0
        entered = bool(list((folder / "book").glob("*.json")))
        assert entered is (cut > 1)
        if entered:
            assert desk(folder, authority).judge(NAME, thief.request, NOW)[0].reason == "used"
        first = desk(folder, authority).judge(NAME, device.request, NOW)[0]
        assert first.result == "registered"
        assert desk(folder, authority).judge(NAME, device.request, NOW)[0] == first
        assert not [path for path in folder.rglob(".*") if path.is_file()]
    left[0] = 11
    assert desk(tmp_path / "11", authority).judge(NAME, device.request, NOW)[0].result == "registered"


def test_an_authority_is_a_certificate_and_its_key(pki: Path, tmp_path: Path) -> None:
    make_ca(tmp_path, "authority")
    with pytest.raises(ConfigError, match="is not the key"):
        Authority(pki / "ca.pem", tmp_path / "ca.key", 730)
    with pytest.raises(ConfigError, match="cannot be read"):
        Authority(pki / "ca.pem", tmp_path / "none", 730)
    with pytest.raises(ConfigError, match="no authority"):
        Authority(pki / "ca.key", pki / "ca.key", 730)
