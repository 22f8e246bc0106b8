"""All files of a device's card, and the folder in which the office keeps them until the card is written."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import ConfigError, DataError, HardwareError, UsageError
from edge.install.accesspoint import settings as access_point
from edge.install.provision import pairing
from edge.install.provision.cloudinit import meta_data, network_config, user_data
from edge.install.provision.description import Described
from edge.install.provision.firstrun import CMDLINE, firstrun
from edge.install.provision.preseed import preseed
from edge.install.provision.settings import carried
from edge.install.provision.starting import card_file, start_text
from edge.install.registration import make_token

ABOUT, CARD = "provision.json", "card"
TOKEN, PAIRING, ACCESS_POINT = "edge/token", "edge/pairing.json", f"edge/{access_point.FILE}"
CONFIG_TXT = ("enable_uart=1", "dtparam=i2c_arm=on")


@dataclass(frozen=True, slots=True)
class About:
    """What the office has to know of a card: `code` stands on the label, and so do name and passphrase of the device's
    own radio network; `number` is the token's.
    """

    site: str
    device: str
    release: str
    address: str
    code: str
    number: str
    expires: int
    cmdline: str
    radio: str = ""
    passphrase: str = ""

    @property
    def name(self) -> str:
        return f"{self.site}/{self.device}"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A folder made by `provision`: what is known of the card, and its files by their path on the boot partition."""

    about: About
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Office:
    """Whose token goes on the card: the key, the name by which it is known, and how many days the token holds."""

    kid: str
    key: Ed25519PrivateKey
    life_days: int


def render(described: Described, office: Office, now_s: int) -> Provisioned:
    """Every file of the card. Raises ConfigError, DataError."""
    import jwt

    one = described.description
    name = f"{one.device.site}/{one.device.id}"
    token = make_token(name, office.kid, office.key, now_s, office.life_days)
    said: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    code, own_network = pairing.new_code(), access_point.for_device(one.device.id, pairing.new_code())
    about = About(
        site=one.device.site,
        device=one.device.id,
        release=one.system.release,
        address=f"https://{one.device.id}.local/",
        code=code,
        number=said["jti"],
        expires=said["exp"],
        cmdline="",
        radio=own_network.ssid,
        passphrase=own_network.passphrase,
    )
    files = {f"edge/etc/{path}": content for path, content in carried(described).items()}
    files |= {
        "edge/start.sh": card_file("start.sh").encode(),
        "edge/begin.sh": f"#!/bin/sh\n{start_text()}".encode(),
        TOKEN: token.encode(),
        PAIRING: _json({"pairing": pairing.hashed(code)}),
        ACCESS_POINT: own_network.written(),
    }
    if one.system.release == "trixie":
        instance = f"edge-{one.device.id}-{about.number[:16]}"
        files["user-data"] = user_data(one, start_text()).encode()
        files["network-config"] = network_config(one).encode()
        files["meta-data"] = meta_data(one, instance).encode()
        cmdline = f"ds=nocloud;i={instance} cfg80211.ieee80211_regdom={one.system.country}"
    elif one.system.release == "bookworm":
        files["firstrun.sh"] = firstrun(one, start_text(now=False)).encode()
        cmdline = f"{CMDLINE} cfg80211.ieee80211_regdom={one.system.country}"
    else:
        files["rpi-preseed.toml"] = preseed(one).encode()
        cmdline = f"cfg80211.ieee80211_regdom={one.system.country}"
    return Provisioned(About(**{**asdict(about), "cmdline": cmdline}), files)


def write_folder(made: Provisioned, out: Path) -> Path:
    """Write `out/SITE/DEVICE`, whole or not at all, for its owner alone. Raises UsageError when it exists."""
    place = out / made.about.site / made.about.device
    if place.exists():
        raise UsageError(
            f"{place} exists already", hint="remove it if the card shall be made anew: its token is void then"
        )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
        try:
            for path, content in made.files.items():
                _private(scratch / CARD / path, content)
            _private(scratch / ABOUT, _json(asdict(made.about)))
            scratch.rename(place)
        except BaseException:
            shutil.rmtree(scratch)
            raise
    except OSError as error:
        raise HardwareError(f"{place}: cannot be written: {error.strerror}", hint="check the folder's owner") from error
    return place


def read_folder(place: Path, now_s: float | None = None) -> Provisioned:
    """What `write_folder` wrote. Raises ConfigError when it is no such folder, DataError when the token has expired."""
    try:
        about = About(**json.loads((place / ABOUT).read_bytes()))
        card = place / CARD
        found = sorted(file for file in card.rglob("*") if file.is_file())
        files = {PurePosixPath(file.relative_to(card)).as_posix(): file.read_bytes() for file in found}
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{place}: not a folder that `edge provision` made: {error}", hint="name one") from error
    if about.expires <= (time.time() if now_s is None else now_s):
        raise DataError(f"{place}: the token has expired", hint="remove the folder and run `edge provision` again")
    return Provisioned(about, files)


def _private(path: Path, content: bytes) -> None:
    """Not synced: a folder that a power cut took from the office is made again, at no loss."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
