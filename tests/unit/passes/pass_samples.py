"""An office that signs passes, pictures of them as a camera sees them, and a desk between fakes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from edge import resources
from edge.clock import Now
from edge.drivers.camera import Frame, Picture
from edge.events import Event, PassShown
from edge.passes.gates import Heard
from edge.passes.judge import Place
from edge.passes.picture import draw
from edge.passes.token import Pass, issue
from edge.passes.uses import Uses
from edge.passes.view import View
from edge.passes.worker import LOOK_EVERY_S, PassWorker, Rules
from edge.runtime.mailbox import NextSlot
from edge.uplink.inbound import Inbound
from edge.vision.picture_file import load_picture

NOW_S = 1_790_000_000
NOW = Now(1000.0, NOW_S * 1_000_000)
LOST = replace(NOW, quality="unsynced", trusted=False)
DAY_S = 86_400
OFFICE, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 3))
KEYS = {"anna": OFFICE.public_key()}
PLACE = Place("riverside", "main")
PERSON = "9f86d081884c7d65"
NUMBER = "0123456789abcdef"
ONCE = Pass(NUMBER, PERSON, "riverside", visitor=True, expires=NOW_S + DAY_S, uses=1)
OFTEN = Pass("fedcba9876543210", PERSON, "riverside")


def token(shown: Pass = ONCE, **changes: Any) -> bytes:
    return issue(replace(shown, **changes), "anna", OFFICE).encode()


def at(seconds: float, now: Now = NOW) -> Now:
    """So many seconds later on both clocks."""
    return replace(now, mono_s=now.mono_s + seconds, wall_us=now.wall_us + round(seconds * 1e6))


def drawn(text: str) -> Picture:
    """The picture that `edge pass issue --png` writes, as pixels."""
    return np.array(Image.open(io.BytesIO(draw(text, ["a caption"]))).convert("RGB"))


def background() -> Picture:
    """640 × 480, a portrait."""
    whole = load_picture(resources.demo_pictures() / "obama.jpg")
    scale = max(640 / whole.shape[1], 480 / whole.shape[0])
    small = cv2.resize(whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:480, :640], dtype=np.uint8)


def photographed(
    text: str, px: float, seed: int = 0, *, blur: float = 0.6, noise: float = 6.0, tilt: float = 0.15
) -> Picture:
    """The code in a hand before the portrait: `px` pixels to a module, turned, tilted, grey instead of black and white,
    blurred and noisy. 640 × 480.
    """
    chance = np.random.default_rng(seed)
    shown = drawn(text)[:, :, 0]
    shown = shown[: shown.shape[1]]  # without the caption; 12 pixels to a module
    side, size = shown.shape[0], px * shown.shape[0] / 12
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    angle = chance.uniform(-0.4, 0.4)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    held = (corners / side - 0.5) * size + chance.uniform(-tilt, tilt, (4, 2)) * size * 0.3
    place = np.array([chance.uniform(280, 360), chance.uniform(220, 260)])
    fine = 2  # drawn twice as large, and reduced as a lens does it
    where = cv2.getPerspectiveTransform(corners, ((held @ turn.T + place) * fine).astype(np.float32))
    wide = (640 * fine, 480 * fine)
    code = cv2.resize(cv2.warpPerspective(shown, where, wide), (640, 480), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(
        cv2.warpPerspective(np.full_like(shown, 255), where, wide), (640, 480), interpolation=cv2.INTER_AREA
    )
    share = cover[:, :, None].astype(np.float32) / 255
    whole = background() * (1 - share) + (40 + 0.78 * code[:, :, None].astype(np.float32)) * share
    whole = cv2.GaussianBlur(whole.astype(np.float32), (0, 0), blur) + chance.normal(0, noise, whole.shape)
    return np.ascontiguousarray(np.clip(whole, 0, 255).astype(np.uint8))


class Frames(NextSlot[Frame]):
    """Frames that are there when they are wanted; the number of a frame is its place."""

    def __init__(self) -> None:
        super().__init__()
        self.next: Frame | None = None

    def get(self, timeout_s: float) -> Frame | None:  # noqa: ARG002
        frame, self.next = self.next, None
        return frame


class Desk:
    """A pass worker on one thread: `show` lets it see a frame with these codes, a while after the last."""

    def __init__(self, folder: Path, gate: str = "gate-1", now: Now = NOW) -> None:
        self.gate = gate
        self.now = now
        self.events: list[PassShown] = []
        self.kept: list[bytes] = []
        self.told: list[str] = []
        self.full = False
        self.codes: list[bytes] = []
        self.frames = Frames()
        self.heard = Heard()
        self.view = View()
        self.uses = Uses(folder, gate)
        self.worker = self.renew()

    def renew(self) -> PassWorker:
        """The next worker, as after the one before has hung."""
        self.worker = PassWorker(
            self.frames,
            Rules(KEYS, PLACE),
            self.uses,
            self.heard,
            self.view,
            self._post,
            self.kept.append,
            lambda: self.now,
            lambda _component, what, detail: self.told.append(f"{what}: {detail}"),
            lambda component: self.told.append(f"{component} works"),
            self._look,
        )
        return self.worker

    def show(self, *codes: bytes, after_s: float = LOOK_EVERY_S) -> list[str]:
        """The reasons of what was posted meanwhile."""
        before = len(self.events)
        self.now = at(after_s, self.now)
        self.codes = list(codes)
        self.frames.next = Frame(np.zeros((64, 64, 3), np.uint8), self.now.mono_s, 0)
        self.worker.step()
        return [event.reason for event in self.events[before:]]

    def hear(self, gate: str, payload: bytes) -> bool:
        return self.heard.take(Inbound(f"edge/v1/riverside/{gate}/passes", payload, retain=True))

    def _post(self, event: Event, _seen_s: float) -> bool:
        if self.full:
            return False
        assert isinstance(event, PassShown)
        self.events.append(event)
        return True

    def _look(self, _picture: Picture, most_bytes: int) -> list[bytes]:
        return [code[: most_bytes + 1] for code in self.codes]


def talk(desks: Iterable[Desk]) -> None:
    """Every gate hears what every gate, itself included, has said last."""
    for speaker in desks:
        for listener in desks:
            if speaker.kept:
                listener.hear(speaker.gate, speaker.kept[-1])
    for desk in desks:
        desk.show()
