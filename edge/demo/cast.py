"""Who plays in the gate's demonstration: two residents with all they may show, a visitor's pass, and the attacks."""

from __future__ import annotations

import shutil
import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import resources
from edge.app import Device
from edge.passes.picture import symbol
from edge.passes.token import Pass, issue
from edge.people.describe import Shot, limits_at
from edge.people.enrol import Enroller
from edge.people.eyes import Eyes
from edge.store.identity import pem
from edge.store.pin_hash import hash_pin
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile, new_id
from edge.vision.liveness.judge import at_an_enrolment
from edge.vision.picture_file import load_picture

SITE, SIGNER = "demo", "office"
PICTURES = {"resident A": ("obama.jpg", "obama2.jpg"), "resident B": ("biden.jpg",)}
SHOWN = "obama3.jpg"  # resident A as the gate sees him: this picture was not enrolled
STRANGER = "astronaut.jpg"
PASS = "pass.png"
CARD_B, NUMBER_B, PIN_B, DURESS_B = "w26:17-12345", "102", "730568", "730569"

# Begin and length in seconds after the camera was opened. Prints and films show resident A, whom nothing may have let
# in for ten seconds: until then a gate takes him for somebody who is just going through.
SCENES = (
    ("live", SHOWN, 2.0, 15.0),  # time to be asked for gestures twice
    ("live", STRANGER, 17.5, 8.5),
    ("pass", PASS, 27.0, 3.0),
    ("print", SHOWN, 33.5, 4.5),
    ("replay", SHOWN, 46.0, 5.0),
)


def lay_out(folder: Path) -> Ed25519PrivateKey:
    """Write the camera's script, its pictures and the office's public key; returns the key that signs passes."""
    key = Ed25519PrivateKey.generate()
    (folder / "office.pub.pem").write_bytes(pem(key.public_key()))
    shown = folder / "shown"
    for name in {SHOWN, STRANGER}:
        shutil.copyfile(resources.demo_pictures() / name, shown / name)
    lines = []
    for kind, picture, begins_s, stays_s in SCENES:
        answers = "answers = true\n" if kind == "live" else ""
        when = f"begins_s = {begins_s}\nstays_s = {stays_s}\n"
        lines.append(f'[[visitor]]\nkind = "{kind}"\npicture = "{picture}"\n{when}{answers}')
    (shown / "visitors.toml").write_text("\n".join(lines))
    return key


def enrol(device: Device, key: Ed25519PrivateKey, folder: Path) -> dict[str, str]:
    """Put the residents on the roster, and write the pass that resident A gives a visitor; returns the ids by name."""
    assert device.sight is not None
    finder = device.sight.recognition.open()
    eyes, points = Eyes(finder, partial(at_an_enrolment, tuple)), device.sight.recognition.points
    now = device.clock()
    ids: dict[str, str] = {}
    with Roster.open(device.config.store.state_dir, create=True) as roster:
        enroller = Enroller(
            roster, eyes.model_id, lambda n: limits_at(points.threshold(n, fused=False), points.second_floor)
        )
        for name, files in PICTURES.items():
            shots = [
                Shot(file, eyes.describe(load_picture(resources.demo_pictures() / file), enrolment=True))
                for file in files
            ]
            consent = Consent("public-domain portrait, demonstration", "demo", "edge demo", now.wall_us)
            ids[name] = enroller.enrol(shots, _profile(name, consent), now.wall_us, few=True).person
    until = int(time.time()) + 3600
    visit = Pass(new_id(), ids["resident A"], SITE, visitor=True, expires=until, uses=1)
    code = symbol(issue(visit, SIGNER, key), 6)
    cv2.imwrite(str(folder / "shown" / PASS), np.asarray(code))
    return ids


def _profile(name: str, consent: Consent) -> Profile:
    if name == "resident A":
        return Profile(name, consent)
    return Profile(
        name,
        consent,
        number=NUMBER_B,
        cards=(CARD_B,),
        pin_hash=hash_pin(PIN_B),
        duress_hash=hash_pin(DURESS_B),
    )


def scene_at(at_s: float) -> str:
    """Which scene plays so long after the camera was opened, or played last: "print" and the like."""
    begun = [f"{kind} {picture}" for kind, picture, begins_s, _ in SCENES if begins_s <= at_s]
    return begun[-1] if begun else ""
