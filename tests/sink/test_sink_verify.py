"""Whether the chains that are stored hold: what was altered, taken out or signed by another is named."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import tokens
from edge.__main__ import main
from edge.sink.books import enter
from edge.sink.reading import Parcel
from edge.sink.storage import Storage, open_storage
from edge.sink.verify import verify
from edge.store.identity import pem, raw
from tests.sink.samples import BASE, DEVICE, EPOCH, RECEIVED, SITE, SOURCE, body, chain, lost, parcel

KEY = Ed25519PrivateKey.generate()
Opening = Callable[[], Storage]


def checkpoint(bodies: list[bytes], key: Ed25519PrivateKey = KEY) -> bytes:
    """The event that signs where the chain stands."""
    about = {"epoch": EPOCH, "seq": len(bodies), "hash": sha256(bodies[-1]).hexdigest()}
    token = tokens.sign(about | {"aud": f"{SITE}/{DEVICE}"}, "edge-checkpoint", DEVICE, key)
    return body(len(bodies) + 1, "chain.checkpoint", about | {"token": token}, prevhash=about["hash"])  # type: ignore[arg-type]


def keys_message(key: Ed25519PrivateKey = KEY, received: int = RECEIVED) -> Parcel:
    text = base64.urlsafe_b64encode(raw(key.public_key())).rstrip(b"=").decode()
    made = Parcel()
    made.add(f"{BASE}/keys", json.dumps({"signing": text, "sealing": text}).encode(), received)
    return made


def kinds(storage: Storage, **options: Any) -> list[tuple[str, int, int]]:
    (result,) = verify(storage, **options)
    return [(finding.kind, finding.first_seq, finding.last_seq) for finding in result.verdict.findings]


def test_an_unbroken_signed_chain_holds(opened: Opening) -> None:
    storage = opened()
    bodies = chain(20)
    enter(storage, keys_message(), RECEIVED)
    enter(storage, parcel(*bodies, checkpoint(bodies)), RECEIVED)
    (result,) = verify(storage)
    assert result.holds and result.key == "first seen"
    assert (result.verdict.events, result.verdict.checkpoints) == (21, 1)


def test_exactly_what_is_missing_is_named(opened: Opening) -> None:
    storage = opened()
    bodies = chain(20)
    enter(storage, parcel(*bodies[:6], *bodies[9:]), RECEIVED)
    assert kinds(storage) == [("missing", 7, 9)]


def test_what_the_device_told_to_be_lost_is_shown_and_does_not_count(opened: Opening) -> None:
    storage = opened()
    bodies = chain(20)
    end = json.loads(lost(21, [[7, 9]])) | {"prevhash": sha256(bodies[-1]).hexdigest()}
    enter(storage, parcel(*bodies[:6], *bodies[9:], json.dumps(end).encode()), RECEIVED)
    assert kinds(storage) == [("evicted", 7, 9)]
    assert all(result.holds for result in verify(storage))


def test_exactly_what_was_altered_at_the_centre_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sink.db"
    storage = open_storage(str(path), writing=True)
    enter(storage, parcel(*chain(20)), RECEIVED)
    storage.close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'p-1', 'p-2') AS BLOB) WHERE seq = 8")
    file.close()
    storage = open_storage(str(path), writing=False)
    assert kinds(storage) == [("altered", 8, 8)]
    storage.close()


def test_a_chain_that_somebody_rewrote_is_found_by_the_next_checkpoint(opened: Opening) -> None:
    storage = opened()
    genuine = chain(5)
    forged = [*genuine[:2]]
    for seq in range(3, 6):
        forged.append(body(seq, data={"by": "a thief"}, prevhash=sha256(forged[-1]).hexdigest()))
    signed = json.loads(checkpoint(genuine)) | {"prevhash": sha256(forged[-1]).hexdigest()}
    enter(storage, keys_message(), RECEIVED)
    enter(storage, parcel(*forged, json.dumps(signed).encode()), RECEIVED)
    assert [kind for kind, _, _ in kinds(storage)] == ["rewritten"]


def test_a_checkpoint_by_another_key_is_named(opened: Opening) -> None:
    storage = opened()
    bodies = chain(5)
    enter(storage, keys_message(), RECEIVED)
    enter(storage, parcel(*bodies, checkpoint(bodies, Ed25519PrivateKey.generate())), RECEIVED)
    assert kinds(storage) == [("checkpoint", 6, 6)]


def test_the_first_key_is_trusted_and_a_change_is_shown(opened: Opening) -> None:
    storage = opened()
    bodies = chain(5)
    enter(storage, keys_message(), RECEIVED)
    enter(storage, keys_message(Ed25519PrivateKey.generate(), RECEIVED + 1), RECEIVED + 1)
    enter(storage, parcel(*bodies, checkpoint(bodies)), RECEIVED)
    (result,) = verify(storage)
    assert result.verdict.holds and result.changed_keys == 1 and not result.holds
    (result,) = verify(storage, SOURCE, KEY.public_key())  # whoever brings the key has settled the question
    assert result.holds and result.key == "given"


# --- the commands


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["sink", *words, "--json"])
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, shown


def test_the_commands_tell_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "sink.db")
    storage = open_storage(path, writing=True)
    bodies = chain(5)
    enter(storage, parcel(*bodies[:2], *bodies[3:], checkpoint(bodies)), RECEIVED)
    storage.close()
    code, shown = run(capsys, "gaps", "--database", path)
    assert code == 1 and shown["missing"] == 1
    assert shown["chains"][0] == {
        "source": SOURCE,
        "epoch": EPOCH,
        "through": 2,
        "highest": 6,
        "missing": [[3, 3]],
        "count_missing": 1,
        "evicted": [],
        "conflicts": 0,
        "repeated": 0,
        "last_seen": "2023-11-14T22:15:00.000000Z",
    }
    code, shown = run(capsys, "verify", "--database", path)
    assert code == 1 and not shown["holds"]
    assert [finding["kind"] for finding in shown["devices"][0]["findings"]] == ["missing"]
    (tmp_path / "device.pem").write_bytes(pem(KEY.public_key()))
    storage = open_storage(path, writing=True)
    enter(storage, parcel(bodies[2]), RECEIVED)
    storage.close()
    assert run(capsys, "gaps", "--database", path)[0] == 0
    of_device = ["--device", f"{SITE}/{DEVICE}", "--device-key", str(tmp_path / "device.pem")]
    code, shown = run(capsys, "verify", "--database", path, *of_device)
    assert code == 0 and shown["devices"][0]["checkpoints"] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["gaps", "--database", "{folder}/none.db"], 4),
        (["gaps", "--device", "gate"], 2),
        (["verify", "--device-key", "{folder}/device.pem"], 2),
        (["run", "--broker", "host:port"], 2),
        (["run", "--broker", ":8883"], 2),
        (["run", "--broker", "127.0.0.1:1", "--no-tls", "--group", "a/b", "--database", "{folder}/x.db"], 2),
        (["run", "--broker", "127.0.0.1:1", "--no-tls", "--key", "{folder}/none.pem"], 2),
        (["run", "--broker", "127.0.0.1:1", "--no-tls", "--database", "/proc/none/x.db"], 3),
    ],
)
def test_wrong_usage_has_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    (tmp_path / "device.pem").write_bytes(pem(KEY.public_key()))
    found, shown = run(capsys, *(word.format(folder=tmp_path) for word in words))
    assert found == code
    assert shown["hint"]


def test_for_people_it_is_a_few_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "sink.db")
    storage = open_storage(path, writing=True)
    bodies = chain(6)
    enter(storage, parcel(bodies[0], bodies[5], lost(7, [[2, 2]])), RECEIVED)
    enter(storage, parcel(body(1, data={"by": "a clone"}), b"1"), RECEIVED)
    storage.close()
    assert main(["sink", "gaps", "--database", path]) == 1
    said = capsys.readouterr().out
    assert "through 2 of 7" in said and "3 missing (3–5)" in said and "lost by the device itself: 2" in said
    assert "1 CAME IN ANOTHER FORM" in said and "1 messages or events were refused" in said
