"""Whatever is wrong around it, the daemon says so with what to do, answers `edge status`, and keeps the door shut."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import resources
from edge.store.keys import KEY_NAME
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile
from edge.store.roster_schema import ROSTER_NAME
from tests.broker import MOSQUITTO, NO_MOSQUITTO, private_broker
from tests.scenario.rig import Daemon, configure, edge, running
from tests.small_disk import small_disk
from tests.unit.config.test_config import TEN_MISTAKES


def assert_lives_with(daemon: Daemon, component: str, *words: str) -> dict[str, Any]:
    """It is ready, `component` is at fault in these words, some of them the hint's; told as an event, relay off."""
    daemon.wait("ready after")
    status = daemon.status(lambda now: component in now["faults"])
    told = status["faults"][component]
    for word in words:
        assert word in told
    daemon.wait(f"(sensor|device).fault .*'component': '{component}'")
    assert status["door"]["unlocked"] is False
    assert not daemon.said("Traceback"), daemon.log
    return status


def truncated(path: Path) -> None:
    path.write_bytes((resources.demo_pictures() / "obama.jpg").read_bytes()[:20_000])


def giant(path: Path) -> None:
    """A PNG whose header promises 100 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


@pytest.mark.parametrize(("spoil", "word"), [(truncated, "save it again"), (giant, "scale it down")])
def test_a_bad_picture_before_the_camera(tmp_path: Path, spoil: Callable[[Path], None], word: str) -> None:
    config = configure(tmp_path)
    bad = tmp_path / "pictures" / "bad.png"
    spoil(bad)
    with running(config) as daemon:
        assert_lives_with(daemon, "camera", "bad.png", word)
        bad.unlink()
        daemon.wait("camera works again")
        assert daemon.status(lambda now: now["camera"]["working"])["faults"] == {}
        daemon.assert_ends_well()


@pytest.mark.parametrize(("spoil", "word"), [(truncated, "truncated"), (giant, "megapixels")])
def test_a_bad_picture_at_enrolment(tmp_path: Path, spoil: Callable[[Path], None], word: str) -> None:
    spoil(tmp_path / "bad.png")
    answer = edge("people", "enroll", tmp_path / "bad.png", "--name", "A", "--consent", "form", "--state", tmp_path)
    assert answer.returncode != 0
    assert word in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


def add_somebody(state: Path) -> None:
    with Roster.open(state, create=True) as roster:
        roster.add(Profile("Lin Daiyu", Consent("form", "edge-1", "office", 1)), [], 1)


def damaged(folder: Path) -> None:
    (folder / "state").mkdir(mode=0o700)
    add_somebody(folder / "state")
    (folder / "state" / ROSTER_NAME).write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)


def of_another_device(folder: Path) -> None:
    for name in ("state", "other"):
        (folder / name).mkdir(mode=0o700)
        add_somebody(folder / name)
    shutil.copyfile(folder / "other" / KEY_NAME, folder / "state" / KEY_NAME)


@pytest.mark.parametrize(
    ("spoil", "hint"), [(damaged, "restore it from a backup"), (of_another_device, "bring back the device.key")]
)
def test_a_roster_that_cannot_be_read(tmp_path: Path, spoil: Callable[[Path], None], hint: str) -> None:
    spoil(tmp_path)
    with running(configure(tmp_path)) as daemon:
        status = assert_lives_with(daemon, "roster", "cannot be read", hint)
        assert status["vision"]["people"] == 0
        daemon.assert_ends_well()


def test_a_configuration_with_ten_mistakes_and_more(tmp_path: Path) -> None:
    config = tmp_path / "gate.toml"
    config.write_text(TEN_MISTAKES)
    for command in ("check", "run"):
        answer = edge(command, "--config", config)
        assert answer.returncode == 2
        lines = [line for line in answer.stderr.splitlines() if str(config) in line]
        assert len(lines) >= 12
        assert "did you mean 'folder'?" in answer.stderr
        assert "12 to mend" in answer.stderr
    found = json.loads(edge("check", "--config", config, "--json").stdout)
    assert len(found["error"].splitlines()) == 12
    assert not (tmp_path / "state").exists()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path, 12) as folder:
        yield folder


def test_a_full_disk(tmp_path: Path, disk: Path) -> None:
    voice = tmp_path / "voice"  # renderings would fill it by themselves
    voice.mkdir()
    (disk / "state").mkdir(mode=0o700)
    (disk / "state" / "voice").symlink_to(voice)
    config = configure(
        tmp_path,
        store=f'state_dir = "{disk}/state"\nruntime_dir = "runtime"\nquota_mb = 8',
        door='driver = "simulated"\nexit_every_s = 0.3',
    )
    with running(config) as daemon:
        daemon.wait("ready after")
        ballast = disk / "filler"
        with pytest.raises(OSError, match="No space left"), ballast.open("wb", buffering=0) as stream:
            while True:
                stream.write(bytes(4096))
        status = daemon.status(lambda now: "store" in now["faults"])
        assert "full" in status["faults"]["store"]
        daemon.wait("device.fault .*'component': 'store'")
        ballast.unlink()
        daemon.status(lambda now: now["faults"] == {})
        daemon.assert_ends_well()
    listed = json.loads(edge("events", "list", "--limit", "1000", "--config", config, "--json").stdout)["events"]
    numbers = [event["seq"] for event in listed]
    assert numbers == list(range(1, len(numbers) + 1))
    told = sum(" access.exit " in line for line in daemon.lines)
    assert [event["type"] for event in listed].count("access.exit") == told > 2


def test_a_full_runtime_folder(tmp_path: Path, disk: Path) -> None:
    config = configure(tmp_path, store=f'state_dir = "state"\nruntime_dir = "{disk}"')
    with running(config) as daemon:
        daemon.wait("ready after")
        ballast = disk / "filler"
        with pytest.raises(OSError, match="No space left"), ballast.open("wb", buffering=0) as stream:
            while True:
                stream.write(bytes(4096))
        daemon.wait("the status cannot be written.*No space left")
        ballast.unlink()
        daemon.wait("the status can be written again")
        assert daemon.status(lambda now: now["workers"]["replaced"] == 0)
        daemon.assert_ends_well()


def test_no_speaker(tmp_path: Path) -> None:
    speaker = 'driver = "aplay"\ncard = "plughw:CARD=NoSuchCard"\nlanguages = ["en"]'
    with running(configure(tmp_path, speaker=speaker)) as daemon:
        assert_lives_with(daemon, "speaker", "No such device", "`aplay -L` lists the cards")
        daemon.assert_ends_well()


def test_a_broker_that_refuses(tmp_path: Path) -> None:
    if MOSQUITTO is None:
        pytest.skip(NO_MOSQUITTO)
    passwords, ours = tmp_path / "passwords", tmp_path / "secret"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "gate", "right"], check=True, capture_output=True)
    passwords.chmod(0o600)
    ours.write_text("wrong\n")
    ours.chmod(0o600)
    with private_broker(tmp_path, [f"password_file {passwords}"], anonymous=False) as broker:
        uplink = f'host = "127.0.0.1"\nport = {broker.port}\ntls = false\nusername = "gate"\npassword_file = "{ours}"'
        with running(configure(tmp_path, uplink=uplink)) as daemon:
            status = assert_lives_with(daemon, "uplink", "Not authorized", "check username and password_file")
            assert status["uplink"]["connected"] is False
            daemon.assert_ends_well()
