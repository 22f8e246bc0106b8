from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from numpy.typing import NDArray
from PIL import Image

from edge.__main__ import main
from edge.actions import Priority, Report, TakePicture
from edge.clock import Now
from edge.drivers.camera import Frame
from edge.drivers.camera.snapshot import FRESH_S, MOST_BYTES, WAITING, SnapshotWorker, about, encode
from edge.store.identity import seal_to

SOURCE = "/riverside/gate-north"


def scene(width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """Left half red, right half blue: which channel is which shows."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = picture[:, width // 2 :, 2] = 220
    return picture


def noise(width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))


class Office:
    def __init__(self, after: tuple[str, ...] = ()) -> None:
        self.key = X25519PrivateKey.generate()
        self.mono_s = 50.0
        self.frame: Frame | None = Frame(scene(), 49.0, 1)
        self.sent: list[tuple[Report, Now]] = []
        self.worker = SnapshotWorker(
            lambda: self.frame,
            lambda jpeg: seal_to(self.key.public_key(), jpeg, about(SOURCE)),
            lambda report, now: self.sent.append((report, now)),
            lambda: Now(self.mono_s, 1_790_000_000_000_000),
            width_px=320,
            quality=75,
            after=after,
        )
        self.worker.start()

    def event(self) -> dict[str, Any]:
        report, now = self.sent[-1]
        return {"type": report.type, "source": SOURCE, "time": now.wall.isoformat(), "data": dict(report.data)}

    def pem(self, folder: Path) -> Path:
        file = folder / "office.pem"
        file.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return file


def test_the_picture_is_small_and_in_the_right_colours() -> None:
    picture = decoded(encode(scene(), 320, 75))
    assert picture.shape == (240, 320, 3)
    assert abs(picture[120, 40].astype(int) - (220, 0, 0)).max() < 12
    assert abs(picture[120, 280].astype(int) - (0, 0, 220)).max() < 12
    assert decoded(encode(scene(200, 150), 320, 75)).shape == (150, 200, 3)  # never enlarged


@pytest.mark.parametrize(("width", "most"), [(1280, MOST_BYTES), (640, 5_000)])
def test_the_worst_picture_fits(width: int, most: int) -> None:
    jpeg = encode(noise(width, width * 3 // 4), 1280, 95, most)
    assert len(jpeg) <= most
    assert decoded(jpeg).shape[1] > 40


def test_the_frame_is_that_of_the_order_and_only_the_office_can_see_it(tmp_path: Path) -> None:
    office = Office()
    assert office.worker.take(TakePicture("c-1", "p-7"))
    office.frame, office.mono_s = Frame(noise(640, 480), 51.0, 2), 52.0
    office.worker.step()
    report, now = office.sent[0]
    assert (report.type, report.subject, report.priority, now.mono_s) == (
        "picture.taken",
        "p-7",
        Priority.PICTURE,
        50.0,
    )
    sealed = base64.b64decode(report.data["sealed"])
    assert report.data["sha256"] == hashlib.sha256(sealed).hexdigest()
    assert (report.data["media"], report.data["of"]) == ("image/jpeg", "c-1")
    assert b"JFIF" not in sealed
    (tmp_path / "event.json").write_text(json.dumps(office.event()))
    out = tmp_path / "out.jpg"
    command = ["pictures", "open", "--key", str(office.pem(tmp_path)), str(tmp_path / "event.json"), "--out", str(out)]
    assert main(command) == 0
    assert abs(decoded(out.read_bytes())[120, 40].astype(int) - (220, 0, 0)).max() < 12
    assert main(command) == 2  # it exists


@pytest.mark.parametrize("spoil", ["source", "sealed", "sha256", "type", "key", "garbage"])
def test_what_was_altered_does_not_open(tmp_path: Path, spoil: str) -> None:
    office = Office()
    office.worker.take(TakePicture("c-1"))
    office.worker.step()
    event, key = office.event(), office.pem(tmp_path)
    match spoil:
        case "source":
            event["source"] = "/riverside/gate-south"
        case "sealed":
            event["data"]["sealed"] = event["data"]["sealed"][:-8] + "AAAAAAA="
        case "sha256":
            del event["data"]["sha256"]
        case "type":
            event["type"] = "access.granted"
        case "key":
            key = Office().pem(tmp_path)
    text = "[1" if spoil == "garbage" else json.dumps(event)
    (tmp_path / "event.json").write_text(text)
    out = tmp_path / "out.jpg"
    assert main(["pictures", "open", "--key", str(key), str(tmp_path / "event.json"), "--out", str(out)]) == 4
    assert not out.exists()


def test_without_a_fresh_frame_there_is_no_picture() -> None:
    office = Office()
    office.mono_s = 49.0 + FRESH_S + 0.1
    assert not office.worker.take(TakePicture("c-1"))
    office.frame = None
    assert not office.worker.take(TakePicture("c-1"))
    assert office.worker.status() == {"figures": {"taken": 0, "missed": 2}}


def test_only_so_many_wait() -> None:
    office = Office()
    assert [office.worker.take(TakePicture("c")) for _ in range(WAITING + 1)] == [*[True] * WAITING, False]
    for _ in range(WAITING):
        office.worker.step()
    assert (len(office.sent), office.worker.taken, office.worker.missed) == (WAITING, WAITING, 1)


def test_pictures_are_taken_after_the_events_that_were_chosen() -> None:
    office = Office(after=("door.forced", "picture.taken"))
    for kind in ("door.opened", "door.forced", "picture.taken"):
        office.worker.reported(Report(kind, {}, "door"))
    office.worker.step()
    office.worker.wake()
    office.worker.step()
    assert [(report.data["of"], report.subject) for report, _ in office.sent] == [("door.forced", "door")]
