"""Clips for supervision: before and after, blurred or not at all, sealed; and who opens them says why."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jsonschema import Draft202012Validator
from PIL import Image

from edge.__main__ import main
from edge.actions import KeepClip, Priority, Report
from edge.cli.pictures_reveal import LOG
from edge.clock import Now
from edge.contract.at_the_bin_pictures import TYPES
from edge.drivers.camera import Frame, Picture
from edge.drivers.camera.clip import AFTER, BEFORE, CLIP, COMPONENT, EVERY_S, WAITING, Blur, ClipWorker, about_original
from edge.drivers.camera.snapshot import about
from edge.errors import DataError
from edge.store.identity import seal_to

SOURCE = "/riverside/station"
ORDER = KeepClip("waste.offhours", "1f0c9a2b-17")


def picture(shade: int) -> Picture:
    return np.full((480, 640, 3), (shade, 200, 0), np.uint8)


def blurred(seen: Picture) -> Picture:
    """The fake blur: green goes, the shade stays."""
    return seen * np.array([1, 0, 0], np.uint8)


def colour(jpeg: bytes) -> tuple[int, ...]:
    return tuple(round(v) for v in np.asarray(Image.open(io.BytesIO(jpeg))).reshape(-1, 3).mean(axis=0))


class Station:
    def __init__(self, supervision: bool = True) -> None:
        self.office, self.supervision = X25519PrivateKey.generate(), X25519PrivateKey.generate()
        self.now_s = 100.0
        self.frame: Frame | None = None
        self.sent: list[tuple[Report, Now]] = []
        self.faults: list[str] = []
        self.broken = False
        to_office, to_supervision = self.office.public_key(), self.supervision.public_key()
        self.worker = ClipWorker(
            lambda: self.frame,
            self.open_blur,
            lambda jpeg: seal_to(to_office, jpeg, about(SOURCE)),
            lambda report, now: self.sent.append((report, now)),
            lambda: Now(self.now_s, 1_790_000_000_000_000),
            lambda component, _what, _detail: self.faults.append(component),
            lambda component: self.faults.append(f"{component} works"),
            keep_days=14,
            width_px=320,
            quality=80,
            seal_original=(lambda jpeg: seal_to(to_supervision, jpeg, about_original(SOURCE))) if supervision else None,
        )
        self.worker.start()

    def open_blur(self) -> Blur:
        if self.broken:
            raise DataError("no detector", hint="restore the model")
        return blurred

    def live(self, turns: int, *, camera: bool = True) -> None:
        """So many samples; the shade of a frame is its number."""
        for _ in range(turns):
            self.now_s += EVERY_S
            if camera:
                number = (self.frame.number if self.frame else 0) + 10
                self.frame = Frame(picture(number), self.now_s, number)
            self.worker.wake()
            self.worker.step()

    def event(self, place: int = 0) -> dict[str, Any]:
        report, now = self.sent[place]
        return {
            "id": f"event-{place}",
            "type": report.type,
            "source": SOURCE,
            "time": now.wall.isoformat(),
            "data": dict(report.data),
        }


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inbox's wait is for a thread of its own; here nobody else puts anything in."""
    monkeypatch.setattr("edge.drivers.camera.clip._WAIT_S", 0.0)


def test_a_clip_has_frames_before_and_after_and_fits_the_contract() -> None:
    station = Station()
    station.live(8)
    assert station.worker.take(ORDER)
    station.live(AFTER)
    reports = [report for report, _ in station.sent]
    assert len(reports) == BEFORE + AFTER
    assert all((report.type, report.priority) == (CLIP, Priority.PICTURE) for report in reports)
    assert [report.data["frame"] for report in reports] == list(range(1, BEFORE + AFTER + 1))
    offsets = [report.data["offset_ms"] for report in reports]
    assert offsets == [-1500, -1000, -500, 0, 500, 1000, 1500]
    (kind,) = (kind for kind in TYPES if kind.type == CLIP)
    for report in reports:
        Draft202012Validator(dict(kind.data)).validate(dict(report.data))
    station.live(4)
    assert len(station.sent) == BEFORE + AFTER


def test_without_a_key_of_supervision_no_original_leaves_the_station() -> None:
    station = Station(supervision=False)
    station.live(5)
    station.worker.take(ORDER)
    station.live(AFTER)
    assert station.sent
    assert not any(key.startswith("original") for report, _ in station.sent for key in report.data)


def test_what_cannot_be_blurred_is_not_sent_and_told() -> None:
    station = Station()
    station.broken = True
    station.live(5)
    station.worker.take(ORDER)
    station.live(AFTER)
    assert station.sent == []
    assert station.faults == [COMPONENT]
    assert station.worker.status()["figures"]["missed"] == 1
    station.broken = False
    station.worker.take(ORDER)
    station.live(AFTER)
    assert len(station.sent) == BEFORE + AFTER
    assert station.faults[-1] == f"{COMPONENT} works"


def test_a_camera_that_stalls_does_not_hold_a_clip_back() -> None:
    station = Station()
    station.live(5)
    station.worker.take(ORDER)
    station.live(20, camera=False)
    assert len(station.sent) == BEFORE
    station.worker.take(ORDER)
    station.live(20, camera=False)
    assert len(station.sent) == BEFORE
    assert station.worker.status()["figures"] == {"taken": 1, "missed": 1}


def test_orders_are_bounded() -> None:
    station = Station()
    station.live(5)
    assert [station.worker.take(ORDER) for _ in range(WAITING + 1)] == [True] * WAITING + [False]
    assert station.worker.missed == 1


def pem(key: X25519PrivateKey, file: Path) -> Path:
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


@pytest.fixture
def office(tmp_path: Path) -> tuple[Station, Path, list[str], list[str]]:
    station = Station()
    station.live(5)
    station.worker.take(ORDER)
    station.live(AFTER)
    event = tmp_path / "event.json"
    event.write_text(json.dumps(station.event()))
    own, second = pem(station.office, tmp_path / "office.pem"), pem(station.supervision, tmp_path / "second.pem")
    command = ["pictures", "open", str(event), "--out", str(tmp_path / "out.jpg"), "--key"]
    return station, tmp_path, [*command, str(own)], [*command, str(second)]


def test_the_office_sees_it_blurred(office: tuple[Station, Path, list[str], list[str]]) -> None:
    _, folder, own, _ = office
    assert main(own) == 0
    assert colour((folder / "out.jpg").read_bytes())[1] < 40
    assert not (folder / LOG).exists()


def test_supervision_sees_it_as_it_was_and_says_why(office: tuple[Station, Path, list[str], list[str]]) -> None:
    _, folder, own, second = office
    assert main([*second, "--reveal", "--reason", "case 12, tipped at night"]) == 0
    assert colour((folder / "out.jpg").read_bytes())[1] > 180
    line = json.loads((folder / LOG).read_text())
    assert (line["reason"], line["event"], line["file"]) == ("case 12, tipped at night", "event-0", "out.jpg")
    assert line["user"]
    assert line["time"]
    (folder / "out.jpg").unlink()
    assert main([*second, "--reveal", "--reason", "again"]) == 0
    assert len((folder / LOG).read_text().splitlines()) == 2
    (folder / "out.jpg").unlink()
    assert main([*own, "--reveal", "--reason", "with the wrong key"]) == 4
    assert not (folder / "out.jpg").exists()


@pytest.mark.parametrize(
    "more", [["--reveal"], ["--reveal", "--reason", "  "], ["--reason", "without reveal"], ["--reveal", "--out", "-"]]
)
def test_without_a_reason_nothing_is_shown(more: list[str], office: tuple[Station, Path, list[str], list[str]]) -> None:
    _, folder, _, second = office
    assert main([*second, *more]) == 2
    assert not (folder / "out.jpg").exists()
    assert not (folder / LOG).exists()


def test_a_log_that_cannot_be_written_shows_nothing(office: tuple[Station, Path, list[str], list[str]]) -> None:
    _, folder, _, second = office
    (folder / LOG).mkdir()
    assert main([*second, "--reveal", "--reason", "case 12"]) != 0
    assert not (folder / "out.jpg").exists()


def test_a_clip_without_an_original_has_none_to_show(tmp_path: Path) -> None:
    station = Station(supervision=False)
    station.live(5)
    station.worker.take(ORDER)
    station.live(AFTER)
    (tmp_path / "event.json").write_text(json.dumps(station.event()))
    key = pem(station.supervision, tmp_path / "second.pem")
    command = ["pictures", "open", str(tmp_path / "event.json"), "--key", str(key), "--out", str(tmp_path / "o.jpg")]
    assert main([*command, "--reveal", "--reason", "case 12"]) == 4
