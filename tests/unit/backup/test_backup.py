"""A whole device into a file and back: onto another machine, cut off anywhere, altered anywhere."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import edge.backup.making as making
from edge.__main__ import main
from edge.backup.making import make, name_of, prune
from edge.backup.reading import read
from edge.backup.resealing import reseal_file
from edge.backup.restoring import finish, restore
from edge.backup.sealed import PIECE, KeyLock, KeyOpener, PassphraseLock
from edge.backup.workroom import is_decided, work_of
from edge.commands.standing import WHEN_KNOWN, StandingFile
from edge.errors import DataError, HardwareError, UsageError
from edge.store.envelope import Origin
from edge.store.identity import pem, signing_key
from edge.store.keys import load_device_key
from edge.store.ledger import Ledger
from edge.store.reader import EventReader
from edge.store.roster import Roster
from edge.store.selfcheck import check_own
from tests.backup_rig import LATER, NOW, OFFICE, Device, enrol, fresh, survives, whole
from tests.small_disk import small_disk

OPENER = KeyOpener(OFFICE)
STRIDE = int(os.environ.get("EDGE_STRIDE", "9"))
"""1: every change of the disk, which takes a minute."""


def bring(device: Device, file: Path) -> None:
    restore(file, OPENER, device.state, device.etc, LATER)


def keys_of(state: Path) -> list[tuple[str, int, str]]:
    query = "SELECT p.epoch, e.seq, e.type FROM events e JOIN epochs p ON p.number = e.epoch ORDER BY e.position"
    with closing(sqlite3.connect(state / "events.db")) as conn:
        return conn.execute(query).fetchall()


def people_of(state: Path) -> list[str]:
    with Roster.open(state, read_only=True, key=load_device_key(state, environ={})) as roster:
        return [one.profile.name for one in roster.people()[0]]


def test_a_dead_device_is_replaced_by_a_new_one(tmp_path: Path) -> None:
    old = Device(tmp_path / "old").set_up()
    made = old.back_up(tmp_path)
    new = fresh(tmp_path / "new")
    bring(new, made.file)
    was, now = old.look(), new.look()
    changed = (
        "events.db",
        "commands.json",
        "roster.db",
        "roster.db-journal",
        "events.db-shm",
        "events.db-wal",
        "voice",
    )
    same = {name for name in was if not name.startswith(tuple(f"state/{one}" for one in changed))}
    assert {name: now[name] for name in same} == {name: was[name] for name in same} and len(same) == 5
    assert people_of(new.state) == ["Ada"]
    assert (new.etc / "device.key").stat().st_mode & 0o777 == 0o600
    assert (new.etc / "edge.toml").stat().st_mode & 0o777 == 0o644
    (aside,) = new.state.glob("before-restore-*")
    assert aside.stat().st_mode & 0o777 == 0o700
    assert (aside / "state/pairing.json").exists()
    assert (aside / "etc/edge.toml").read_bytes() == b"# of the first boot\n"
    assert not any(work_of(new.state).iterdir()) and not (old.state / ".backup").exists()


def test_no_number_is_given_twice_after_a_restore(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up(events=5)
    made = device.back_up(tmp_path)
    device.happen(3)  # and sent, with the numbers 6 to 8, before the device died
    lost = set(keys_of(device.state))
    new = fresh(tmp_path / "new")
    bring(new, made.file)
    new.happen(4)
    found = keys_of(new.state)
    (epoch,) = {epoch for epoch, _, kind in found if kind == "device.restored"}
    assert epoch != made.about.epoch
    assert found[:5] == sorted(lost, key=lambda key: key[1])[:5]
    assert [(key[0], key[1]) for key in found[5:]] == [(epoch, number) for number in range(1, 6)]
    assert not {key[:2] for key in lost} & {key[:2] for key in found[5:]}
    reader = EventReader(new.state / "events.db")
    try:
        assert check_own(reader, new.state, "riverside/gate").holds
    finally:
        reader.close()
    with closing(sqlite3.connect(new.state / "events.db")) as conn:
        (body,) = conn.execute("SELECT body FROM events WHERE type = 'device.restored'").fetchone()
        told = json.loads(body)["data"]
    assert (told["epoch"], told["seq"], told["made"]) == (made.about.epoch, 5, made.about.made)


def test_an_order_that_was_carried_out_after_the_backup_does_not_come_again(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    made = device.back_up(tmp_path)
    bring(device, made.file)
    after = StandingFile(device.state, LATER)
    assert after.now.floor_s == LATER.wall_us // 1_000_000 + 1
    assert (dict(after.now.last), after.now.pending) == ({"anna": 7}, None)


def test_without_the_time_orders_are_refused_up_to_the_moment_when_it_is_known(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    made = device.back_up(tmp_path)
    restore(made.file, OPENER, device.state, device.etc, replace(LATER, quality="unsynced"))
    after = StandingFile(device.state, LATER)
    assert after.now.floor_s == WHEN_KNOWN
    after.know_time(replace(LATER, quality="unsynced"))
    assert after.now.floor_s == WHEN_KNOWN
    after.know_time(LATER)
    assert not after.saved
    after.save()
    assert StandingFile(device.state, NOW).now.floor_s == LATER.wall_us // 1_000_000 + 1


def test_who_was_erased_since_does_not_come_back_on_the_same_device(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    key = load_device_key(device.state, environ={})
    erased = enrol(device.state, key, "Bob")
    made = device.back_up(tmp_path)
    with Roster.open(device.state, key=key) as roster:
        roster.destroy(erased)
    done = restore(made.file, OPENER, device.state, device.etc, LATER)
    assert (people_of(device.state), done.forgotten) == (["Ada"], 1)


def test_the_power_goes_before_a_change_of_the_disk(tmp_path: Path) -> None:
    """Each child dies later than the one before. It leaves the old device, or one that is finished."""
    made = Device(tmp_path / "old").set_up().back_up(tmp_path)
    ends: dict[str, int] = {}
    for count in range(1, 1000, STRIDE):
        device = fresh(tmp_path / f"new-{count}")
        before = device.look()
        survived = survives(count, partial(bring, device, made.file))
        found = whole(device, before, made)
        ends[found] = ends.get(found, 0) + 1
        if found == "decided":
            finish(device.state, device.etc)
        elif found == "old":  # what is left of it is in nobody's way
            bring(device, made.file)
        assert whole(device, before, made) == "new"
        assert people_of(device.state) == ["Ada"]
        if survived:
            break
    assert survived and ends["old"] >= 2 and ends["decided"] >= 2


def test_a_finish_that_is_cut_off_can_be_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Device(tmp_path / "old").set_up().back_up(tmp_path)
    device = fresh(tmp_path / "new")
    before = device.look()
    monkeypatch.setattr("edge.backup.restoring.finish", lambda *_: None)
    bring(device, made.file)
    monkeypatch.undo()
    with pytest.raises(DataError, match="earlier restore is not finished"):
        bring(device, made.file)
    deaths = 0
    while is_decided(device.state):  # each gets one change further than the one before
        deaths += 1
        assert deaths < 200
        survives(deaths, partial(finish, device.state, device.etc))
    assert deaths > 5 and whole(device, before, made) == "new"
    with pytest.raises(DataError, match="no restore is under way"):
        finish(device.state, device.etc)


def test_a_backup_that_is_cut_short_anywhere_or_altered_anywhere_changes_nothing(tmp_path: Path) -> None:
    old = Device(tmp_path / "old").set_up()
    (old.state / "models/large.tflite").write_bytes(os.urandom(3 * PIECE))  # more than one piece
    made = old.back_up(tmp_path)
    content = made.file.read_bytes()
    device = fresh(tmp_path / "new")
    before = device.look()
    damaged = tmp_path / "damaged"
    step = len(content) // 20
    for at in [*range(40), *range(40, len(content), step), len(content) - 1]:
        flipped = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        for wrong in (content[:at], flipped):
            damaged.write_bytes(wrong)
            with pytest.raises(DataError):
                bring(device, damaged)
            assert device.look() == before and not any(work_of(device.state).iterdir())
    for wrong in (content + b"x", content + content[-PIECE:]):
        damaged.write_bytes(wrong)
        with pytest.raises(DataError):
            read(damaged, OPENER)
    pieces = len(content) - 3 * (PIECE + 16)
    swapped = content[:pieces] + content[pieces + PIECE + 16 :] + content[pieces : pieces + PIECE + 16]
    damaged.write_bytes(swapped)
    with pytest.raises(DataError):
        read(damaged, OPENER)
    assert read(made.file, OPENER).about == made.about


def test_a_backup_of_somebody_else_is_refused_where_it_is_known_whose_it_must_be(tmp_path: Path) -> None:
    """Anybody can seal to the office's public key."""
    ours = Device(tmp_path / "ours").set_up()
    made = Device(tmp_path / "forged").set_up().back_up(tmp_path)
    device = fresh(tmp_path / "new")
    before = device.look()
    signer = signing_key(load_device_key(ours.state, environ={})).public_key()
    with pytest.raises(DataError, match="made by another device"):
        restore(made.file, OPENER, device.state, device.etc, LATER, signer)
    assert device.look() == before
    (tmp_path / "office.pem").write_bytes(private_pem(OFFICE))
    (tmp_path / "ours.pub.pem").write_bytes(pem(signer))
    words = ["backup", "verify", str(made.file), "--key", str(tmp_path / "office.pem")]
    assert main(words) == 0
    assert main([*words, "--signer", str(tmp_path / "ours.pub.pem")]) == 4


def test_a_key_that_is_not_the_signers_is_not_put_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes a backup of another device's files cannot sign it as that device."""
    old = Device(tmp_path / "old").set_up()
    other = load_device_key(fresh(tmp_path / "other").state, environ={})
    monkeypatch.setattr(making, "load_device_key", lambda _state: other)
    made = old.back_up(tmp_path)
    with pytest.raises(DataError, match="another device's key than the one it is signed with"):
        bring(fresh(tmp_path / "new"), made.file)


def private_pem(key: X25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization as s

    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())


def test_the_wrong_key_and_the_wrong_passphrase_are_told(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    made = make(device.source, tmp_path, [PassphraseLock("a good long passphrase"), KeyLock(OFFICE.public_key())], NOW)
    assert read(made.file, PassphraseLock("a good long passphrase")).files == read(made.file, OPENER).files
    with pytest.raises(DataError, match="passphrase is wrong"):
        read(made.file, PassphraseLock("another long passphrase"))
    with pytest.raises(DataError, match="of the kind: key, passphrase"):
        read(made.file, KeyOpener(X25519PrivateKey.generate()))
    with pytest.raises(UsageError, match="12 characters"):
        PassphraseLock("short")


def test_another_may_be_given_the_same_backup(tmp_path: Path) -> None:
    made = Device(tmp_path / "device").set_up().back_up(tmp_path)
    another = X25519PrivateKey.generate()
    reseal_file(made.file, tmp_path / "for-another", OPENER, [KeyLock(another.public_key())])
    assert read(tmp_path / "for-another", KeyOpener(another)).about == made.about
    with pytest.raises(DataError, match="does not open"):
        read(tmp_path / "for-another", OPENER)
    with pytest.raises(DataError, match="there already"):
        reseal_file(made.file, tmp_path / "for-another", OPENER, [KeyLock(another.public_key())])


def test_it_is_whole_while_the_daemon_writes(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    ledger = Ledger(device.state / "events.db", Origin("riverside", "gate", "boot-2"))
    try:
        device_before = keys_of(device.state)
        ledger.connection.execute("BEGIN IMMEDIATE")  # in the middle of a transaction
        made = device.back_up(tmp_path)
        ledger.connection.execute("ROLLBACK")
    finally:
        ledger.close()
    new = fresh(tmp_path / "new")
    bring(new, made.file)
    assert keys_of(new.state)[: len(device_before)] == device_before


def test_a_device_whose_daemon_runs_is_not_restored(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    made = device.back_up(tmp_path)
    program = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('PRAGMA journal_mode = WAL');"
        "db.execute('SELECT count(*) FROM events').fetchone(); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(device.state / "events.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None and daemon.stdout.readline() == b"open\n"
        with pytest.raises(HardwareError, match="a daemon is using it"):
            bring(device, made.file)
        daemon.communicate(timeout=60)
    bring(device, made.file)


def test_a_full_disk_leaves_no_backup_and_no_half_of_one(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    (device.state / "models/large.tflite").write_bytes(os.urandom(3 << 20))
    with small_disk(tmp_path, 2) as stick:
        with pytest.raises(HardwareError, match="No space left on device; no backup was made"):
            device.back_up(stick)
        assert list(stick.iterdir()) == []
    assert not (device.state / ".backup").exists()
    with pytest.raises(HardwareError, match="is the stick"):
        make(device.source, tmp_path / "absent/x", [KeyLock(OFFICE.public_key())], NOW)


def test_a_full_disk_leaves_the_device_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Device(tmp_path / "old").set_up()
    (old.state / "models/large.tflite").write_bytes(os.urandom(3 << 20))
    made = old.back_up(tmp_path)
    with small_disk(tmp_path, 2) as disk:
        device = fresh(disk)
        before = device.look()
        with pytest.raises(HardwareError, match="MB are needed"):
            bring(device, made.file)
        monkeypatch.setattr("edge.backup.restoring._SPARE_BYTES", -(1 << 40))  # as if somebody else filled it meanwhile
        with pytest.raises(HardwareError, match="No space left"):
            bring(device, made.file)
        assert device.look() == before and not any(work_of(device.state).iterdir())


def test_the_state_directory_may_be_a_disk_of_its_own(tmp_path: Path) -> None:
    """As on a device with a read-only root: nothing can be renamed into it from beside it."""
    made = Device(tmp_path / "old").set_up().back_up(tmp_path)
    device = fresh(tmp_path / "new")
    with small_disk(tmp_path, 100) as disk:
        device.state = disk
        load_device_key(disk, create=True, environ={})
        bring(device, made.file)
        assert people_of(disk) == ["Ada"] and not any(work_of(disk).iterdir())
        (aside,) = disk.glob("before-restore-*")
        assert (aside / "state/device.key").exists()


def test_a_damaged_database_is_told_and_older_backups_stay(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up(events=400)
    device.back_up(tmp_path)
    path = device.state / "events.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(DataError):
        make(device.source, tmp_path, [KeyLock(OFFICE.public_key())], LATER)
    assert len(list(tmp_path.glob("*.edgebackup"))) == 1


def test_only_the_newest_are_kept_and_never_another_devices(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    stick = tmp_path / "stick"
    stick.mkdir()
    other = stick / "riverside_gate-2_20260101T000000Z.edgebackup"
    other.touch()
    names = []
    for day in range(5):
        now = replace(NOW, wall_us=NOW.wall_us + day * 86_400_000_000)
        names.append(make(device.source, stick, [KeyLock(OFFICE.public_key())], now).file)
        prune(stick, device.source, 3, names[-1])
    assert sorted(stick.iterdir()) == sorted([other, *names[-3:]])
    wrong_clock = make(device.source, stick, [KeyLock(OFFICE.public_key())], replace(NOW, wall_us=1_000_000))
    prune(stick, device.source, 3, wrong_clock.file)
    assert wrong_clock.file in set(stick.iterdir())


def test_what_a_power_cut_left_of_a_backup_goes_with_the_next(tmp_path: Path) -> None:
    device = Device(tmp_path / "device").set_up()
    left = tmp_path / f".{name_of(device.source, NOW)}.partial"
    left.write_bytes(b"half")
    (device.state / ".backup").mkdir()
    (device.state / ".backup/0.db").write_bytes(b"half")
    made = device.back_up(tmp_path)
    assert not left.exists() and not (device.state / ".backup").exists()
    assert read(made.file, OPENER).files == 8


def test_a_stick_that_loses_what_was_written_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(tmp_path / "device").set_up()
    real = making._read_back

    def worn(file: Path, sha256: str) -> None:
        with file.open("r+b") as opened:
            opened.seek(700)
            opened.write(b"\0\0\0\0")
        real(file, sha256)

    monkeypatch.setattr(making, "_read_back", worn)
    with pytest.raises(HardwareError, match="does not give back"):
        device.back_up(tmp_path)
    assert not list(tmp_path.glob("*edgebackup*"))
