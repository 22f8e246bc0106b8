"""The steps of the first boot, in their order. Each may be begun any number of times, and is noted durably when it has
ended, before the next one begins: a power cut costs the step under way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from edge.config import load_config
from edge.errors import DataError
from edge.install.accesspoint import settings as access_point
from edge.install.firstboot.identity import make_keys, write_request
from edge.install.firstboot.places import Places, put
from edge.install.firstboot.scrub import fill, found, overwrite, volume_of
from edge.install.provision.settings import TLS_KEY
from edge.install.provision.starting import FIRST, UNITS
from edge.install.units import SAFE_STATE, install
from edge.resources import folder
from edge.store.keys import write_new
from edge.update.layout import Layout
from edge.update.systemctl import Systemctl

SECRET_FILES = ("user-data", "network-config", "firstrun.sh", "rpi-preseed.toml")
"""Of the boot partition; all of the card's own folder but its scripts and wheels goes with them."""
_PSK = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_DROP_IN = f"""# The key belongs to root; systemd shows it to the service.
[Service]
LoadCredential=uplink.key:/etc/edge/{TLS_KEY}
"""


class FirstBoot:
    """`now_s` may be wrong, since the clock of a first boot is; `say` tells what is done."""

    def __init__(self, places: Places, systemd: Systemctl, now_s: int, say: Callable[[str], None]) -> None:
        self._places, self._systemd, self._now_s, self._say = places, systemd, now_s, say
        self._steps: dict[str, Callable[[], None]] = {
            "configuration": self._configure,
            "keys": self._make_keys,
            "request": self._request,
            "scrub": self._scrub,
            "service": self._start_service,
        }

    def run(self) -> None:
        """Everything that is left to do. Raises EdgeError; what was done stays done."""
        own = self._places.own
        if (own / "done").exists():
            self._say("done already")
            return
        for name, step in self._steps.items():
            if not (own / "steps" / name).exists():
                self._say(name)
                step()
                put(own / "steps" / name, b"")
        put(own / "done", b"")
        # The condition in the units keeps them from running again, whatever becomes of the rest.
        self._systemd.forget(FIRST)
        self._systemd.disable(FIRST)
        for unit in UNITS:
            (self._places.units / unit).unlink(missing_ok=True)
        self._say(f"done; the office has to see {self._places.request}")

    def _configure(self) -> None:
        card = self._places.card / "etc"
        files = sorted(file for file in card.rglob("*") if file.is_file())
        if card / "edge.toml" not in files:
            raise DataError(f"{card}: there is no configuration", hint="write the card again")
        for file in files:
            put(self._places.etc / file.relative_to(card), file.read_bytes())
        load_config(self._places.etc / "edge.toml")
        pairing = (self._places.card / "pairing.json").read_bytes()
        write_new(self._places.state / "pairing.json", pairing)
        if self._own_network().exists():  # a card of an earlier version has none
            put(self._places.etc / access_point.FILE, self._own_network().read_bytes(), 0o600)

    def _own_network(self) -> Path:
        return self._places.card / access_point.FILE

    def _make_keys(self) -> None:
        make_keys(self._places, self._device())
        for service in ("edge.service", "edge-backup.service"):
            put(self._places.units / f"{service}.d/uplink-key.conf", _DROP_IN.encode())

    def _request(self) -> None:
        token = (self._places.card / "token").read_text(encoding="ascii").strip()
        write_request(self._places, self._device(), token, self._now_s)

    def _scrub(self) -> None:
        """The needles are kept until the proof, or a power cut in between would leave nothing to look for."""
        places = self._places
        secrets = [places.boot / name for name in SECRET_FILES]
        secrets += [places.card / "token", places.card / "pairing.json", self._own_network()]
        secrets += sorted(file for file in (places.card / "etc").rglob("*") if file.is_file())
        kept = places.own / "needles"
        if not kept.exists():
            needles = {file.read_bytes().strip() for file in (places.card / "token",) if file.exists()}
            if (places.etc / access_point.FILE).exists():
                needles.add(access_point.read(places.etc / access_point.FILE).passphrase.encode())
            for file in secrets[: len(SECRET_FILES)]:
                needles |= set(_PSK.findall(file.read_bytes())) if file.exists() else set()
            put(kept, json.dumps(sorted(needle.decode() for needle in needles)).encode(), 0o600)
        # cloud-init without its files would take the device for another one, and forget the network.
        if (places.root / "etc/cloud").is_dir():
            put(places.root / "etc/cloud/cloud-init.disabled", b"")
        for file in secrets:
            overwrite(file)
        self._prove([needle.encode() for needle in json.loads(kept.read_bytes())])
        kept.unlink()

    def _prove(self, needles: list[bytes]) -> None:
        volume = volume_of(self._places.boot, Path("/proc/self/mountinfo").read_text())
        left: list[bytes] = []
        if volume is not None and (left := found(volume, needles)):
            fill(self._places.boot)
            left = found(volume, needles)
        told = {"looked": volume is not None, "secrets": len(needles), "left": len(left)}
        put(self._places.own / "scrub.json", json.dumps(told).encode())
        if volume is None:
            self._say(f"{self._places.boot} is no partition: nothing was proved")
        elif left:
            self._say(f"{len(left)} secrets can still be read from {volume}: keep this card safe")
        else:
            self._say(f"no secret is left on {volume}")

    def _start_service(self) -> None:
        units = install(self._places.root, self._systemd)
        announced = folder("config") / "avahi/edge.service"
        put(self._places.root / "etc/avahi/services/edge.service", announced.read_bytes())
        # The units name /opt/edge/current: what is installed here is the version that later ones are compared with.
        layout = Layout(self._places.venv.parent)
        with layout.alone():
            layout.adopt(self._places.venv)
        for unit in units:
            self._systemd.enable(unit)
        for unit in units:
            if unit != SAFE_STATE:  # for the next boot: this one goes on to edge.service
                self._systemd.start(unit)

    def _device(self) -> str:
        device = load_config(self._places.etc / "edge.toml").device
        return f"{device.site}/{device.id}"
