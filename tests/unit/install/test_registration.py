"""A device registers once, for itself, in time, and with keys that it holds."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from edge import tokens
from edge.__main__ import main
from edge.errors import DataError
from edge.install.registration import REQUEST, accept, make_request, make_token
from edge.store.identity import pem, read_signer, sealing_key, signing_key
from edge.store.keys import DeviceKey
from tests.card_samples import KEY

NAME, NOW, DAY = "riverside/gate-north", 1_800_000_000, 86400
OFFICE = {"anna": KEY.public_key()}
DEVICE = DeviceKey(bytes(32))


def csr(name: str = NAME) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def request(token: str, name: str = NAME, key: DeviceKey = DEVICE) -> bytes:
    return make_request(token, name, key, csr(name), NOW).encode()


def test_the_office_learns_the_keys_and_what_to_certify(tmp_path: Path) -> None:
    known = accept(request(make_token(NAME, "anna", KEY, NOW, 7)) + b"\n", OFFICE, tmp_path, NOW + DAY)
    assert known.device == NAME
    assert known.signing_pem == pem(signing_key(DEVICE).public_key())
    assert known.sealing_pem == pem(sealing_key(DEVICE).public_key())
    assert x509.load_pem_x509_csr(known.csr_pem).is_signature_valid


def test_a_token_is_good_for_one_request_which_may_be_shown_again(tmp_path: Path) -> None:
    token = make_token(NAME, "anna", KEY, NOW, 7)
    first = request(token)
    assert accept(first, OFFICE, tmp_path, NOW) == accept(first, OFFICE, tmp_path, NOW)
    with pytest.raises(DataError, match="used already, by another request"):
        accept(request(token, key=DeviceKey(bytes([7] * 32))), OFFICE, tmp_path, NOW)
    with pytest.raises(DataError, match="used already"):  # also by the same device, with another connection key
        accept(request(token), OFFICE, tmp_path, NOW)


def test_a_token_expires_and_is_for_one_device(tmp_path: Path) -> None:
    token = make_token(NAME, "anna", KEY, NOW, 7)
    with pytest.raises(DataError, match="expired"):
        accept(request(token), OFFICE, tmp_path, NOW + 7 * DAY)
    with pytest.raises(DataError, match="the token is for riverside/gate-north, and riverside/gate-south asks"):
        accept(request(token, "riverside/gate-south"), OFFICE, tmp_path, NOW)
    assert list(tmp_path.iterdir()) == []  # what was refused uses nothing up


def test_only_the_office_s_tokens_count(tmp_path: Path) -> None:
    stranger = make_token(NAME, "anna", Ed25519PrivateKey.generate(), NOW, 7)
    with pytest.raises(DataError, match="no valid token"):
        accept(request(stranger), OFFICE, tmp_path, NOW)
    other = tokens.sign({"jti": "ab", "sub": NAME, "exp": NOW + 9}, "edge-command", "anna", KEY)
    with pytest.raises(DataError, match="not a token of the kind"):
        accept(request(other), OFFICE, tmp_path, NOW)


def test_whoever_asks_holds_the_keys(tmp_path: Path) -> None:
    token = make_token(NAME, "anna", KEY, NOW, 7)
    own = signing_key(DEVICE)
    claims = {"token": token, "sub": NAME, "signing": "11" * 32, "sealing": "22" * 32, "csr": csr().decode()}
    with pytest.raises(DataError, match=r"no valid token|no request"):
        accept(tokens.sign(claims, REQUEST, NAME, own).encode(), OFFICE, tmp_path, NOW)
    swapped = json.loads(json.dumps(claims)) | {"csr": csr("riverside/gate-south").decode()}
    swapped["signing"] = own.public_key().public_bytes_raw().hex()
    with pytest.raises(DataError, match="is not one of riverside/gate-north"):
        accept(tokens.sign(swapped, REQUEST, NAME, own).encode(), OFFICE, tmp_path, NOW)


@pytest.mark.parametrize("junk", [b"", b"{}", b"a.b.c", b"\xff" * 40, b"x" * 40000, b"e30.e30."])
def test_junk_is_no_request(tmp_path: Path, junk: bytes) -> None:
    with pytest.raises(DataError, match="no request of a device"):
        accept(junk, OFFICE, tmp_path, NOW)


@pytest.mark.parametrize("claim", ["token", "sub", "signing", "sealing", "csr"])
def test_every_claim_must_be_there_and_right(tmp_path: Path, claim: str) -> None:
    own = signing_key(DEVICE)
    good = {
        "token": make_token(NAME, "anna", KEY, NOW, 7),
        "sub": NAME,
        "signing": own.public_key().public_bytes_raw().hex(),
        "sealing": "22" * 32,
        "csr": csr().decode(),
    }
    for wrong in (None, 5, "zz", [], {}):
        with pytest.raises(DataError):
            accept(tokens.sign(good | {claim: wrong}, REQUEST, NAME, own).encode(), OFFICE, tmp_path, NOW)


def test_the_command_takes_a_request_and_its_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "registration.request"
    place.write_bytes(request(make_token(NAME, "anna", KEY, int(time.time()), 7)))
    (tmp_path / "anna.pub.pem").write_bytes(pem(KEY.public_key()))
    words = ["registration", "accept", str(place), "--public", str(tmp_path / "anna.pub.pem"), "--kid", "anna"]
    words += ["--book", str(tmp_path / "book"), "--out", str(tmp_path / "devices"), "--json"]
    for _ in range(2):  # the same again is the same
        assert main(words) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["device"] == NAME
        assert read_signer(Path(told["signing_pub_pem"])).public_bytes_raw() == raw_signing()
        assert x509.load_pem_x509_csr(Path(told["csr"]).read_bytes()).is_signature_valid
    place.write_bytes(request(make_token(NAME, "anna", KEY, int(time.time()), 7)))
    assert main(words) == 4  # another certificate for a device that is known: a person decides
    assert "exists already, and differs" in capsys.readouterr().err
    place.write_bytes(b"junk")
    assert main(words) == 4


def raw_signing() -> bytes:
    return signing_key(DEVICE).public_key().public_bytes_raw()
