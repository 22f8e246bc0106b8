"""The first boot: all of it, twice, and cut off before and after each thing that it does."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import edge.install.firstboot.identity as identity
import edge.install.firstboot.places as places_module
import edge.install.firstboot.steps as steps
from edge.config import load_config
from edge.errors import DataError, HardwareError
from edge.install.firstboot.places import Places
from edge.install.firstboot.steps import FirstBoot
from edge.install.provision.starting import FIRST
from edge.install.registration import accept
from edge.store.pin_hash import matches
from edge.update.systemctl import Systemctl
from tests.card_samples import DESCRIPTION, KEY, provision

ROOT = Path(__file__).resolve().parents[4]
OFFICE = {"anna": KEY.public_key()}


class Asked(Systemctl):
    """Notes what it was asked, and starts nothing."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self.asked: list[str] = []

    def reload(self) -> None:
        self.asked.append("reload")

    def make_users(self) -> None:
        self.asked.append("users")

    def forget(self, unit: str) -> None:
        self.asked.append(f"forget {unit}")

    def enable(self, unit: str) -> None:
        self.asked.append(f"enable {unit}")

    def disable(self, unit: str) -> None:
        self.asked.append(f"disable {unit}")

    def start(self, unit: str) -> None:
        self.asked.append(f"start {unit}")


class CutError(Exception):
    """The power has gone."""


def machine(folder: Path, release: str = "trixie") -> tuple[Places, str, int]:
    """A root and a card in it; the pairing code, and when the card was made."""
    made, place = provision(folder, DESCRIPTION.replace("[system]", f'[system]\nrelease = "{release}"'))
    places = Places(folder / "root/boot/firmware/edge", folder / "root")
    places.boot.parent.mkdir(parents=True)
    (place / "card").rename(places.boot)
    (places.root / "etc/cloud").mkdir(parents=True)
    (places.venv / "bin").mkdir(parents=True)
    (places.venv / "bin/edge").touch(mode=0o755)  # as the script before has left it
    return places, made.about.code, made.about.expires - 86400


def boot(places: Places, systemd: Systemctl, now_s: int = 0) -> list[str]:
    said: list[str] = []
    FirstBoot(places, systemd, now_s, said.append).run()
    return said


def whole(places: Places, code: str, now_s: int, book: Path) -> None:
    """Nothing is missing, and nothing secret is left on the card."""
    left = sorted(file.name for file in places.boot.rglob("*") if file.is_file())
    assert left in (["begin.sh", "meta-data", "start.sh"], ["begin.sh", "start.sh"])
    config = load_config(places.etc / "edge.toml")
    assert config.device.id == "gate-north"
    known = accept(places.request.read_bytes(), OFFICE, book, now_s)
    wanted = x509.load_pem_x509_csr(known.csr_pem).public_key()
    certificate = x509.load_pem_x509_certificate((places.etc / "device.pem").read_bytes())
    held = serialization.load_pem_private_key((places.etc / "device.key").read_bytes(), None).public_key()
    assert wanted == certificate.public_key() == held
    assert "<port>443</port>" in (places.root / "etc/avahi/services/edge.service").read_text()
    if (own_network := places.etc / "access-point.json").exists():
        assert stat.S_IMODE(own_network.stat().st_mode) == 0o600
    for secret in (places.etc / "device.key", places.state / "device.key", places.state / "pairing.json"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert matches(code.replace("-", ""), json.loads((places.state / "pairing.json").read_text())["pairing"])
    assert (places.units / "edge.service").is_file() and (places.own / "done").is_file()
    for service in ("edge.service", "edge-backup.service"):
        shown = (places.units / f"{service}.d/uplink-key.conf").read_text()
        assert "LoadCredential=uplink.key:/etc/edge/device.key" in shown
    assert (places.root / "opt/edge/current").resolve() == places.venv
    assert (places.root / "etc/cloud/cloud-init.disabled").exists()
    assert not (places.own / "needles").exists()


@pytest.mark.parametrize("release", ["trixie", "bookworm", "preseed"])
def test_a_card_becomes_a_device(tmp_path: Path, release: str) -> None:
    places, code, now_s = machine(tmp_path, release)
    systemd = Asked()
    said = boot(places, systemd, now_s)
    whole(places, code, now_s, tmp_path / "book")
    enabled = [told.removeprefix("enable ") for told in systemd.asked if told.startswith("enable ")]
    at_once = [unit for unit in enabled if unit != "edge-safe-state.service"]
    assert {
        "edge.service",
        "edge-safe-state.service",
        "edge-update.path",
        "edge-backup.timer",
        "edge-register.service",
        "edge-reboot.path",
        "edge-web.socket",
    } <= set(enabled)
    assert systemd.asked == [
        *("reload", "users"),
        *(f"enable {unit}" for unit in enabled),
        *(f"start {unit}" for unit in at_once),
        f"forget {FIRST}",
        f"disable {FIRST}",
    ]
    assert said[:3] == ["configuration", "keys", "request"] and said[-1].startswith("done")


def test_a_card_of_an_earlier_version_becomes_a_device_too(tmp_path: Path) -> None:
    places, code, now_s = machine(tmp_path)
    (places.card / "access-point.json").unlink()
    boot(places, Asked(), now_s)
    whole(places, code, now_s, tmp_path / "book")
    assert not (places.etc / "access-point.json").exists()


def test_a_second_time_harms_nothing(tmp_path: Path) -> None:
    places, code, now_s = machine(tmp_path)
    boot(places, Asked(), now_s)
    before = {path: path.read_bytes() for path in places.root.rglob("*") if path.is_file()}
    systemd = Asked()
    assert boot(places, systemd, now_s) == ["done already"]
    assert systemd.asked == []
    assert before == {path: path.read_bytes() for path in places.root.rglob("*") if path.is_file()}
    whole(places, code, now_s, tmp_path / "book")


def test_the_power_goes_before_and_after_each_thing_that_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write, overwrite and removal is a place to be cut off at, and each cut lies further on than the last."""
    places, code, now_s = machine(tmp_path)
    real_put, real_new, real_overwrite = places_module.put, identity.write_new, steps.overwrite
    left = [0]

    def cut() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise CutError

    def put(path: Path, content: bytes, mode: int = 0o644) -> None:
        cut()
        real_put(path, content, mode)
        cut()

    def write_new(path: Path, content: bytes) -> bool:
        cut()
        made = real_new(path, content)
        cut()
        return made

    def overwrite(file: Path) -> None:
        cut()
        if file.exists():  # zeros, and not yet removed
            file.write_bytes(bytes(file.stat().st_size))
        cut()
        real_overwrite(file)

    monkeypatch.setattr(steps, "put", put)
    monkeypatch.setattr(steps, "overwrite", overwrite)
    monkeypatch.setattr(identity, "write_new", write_new)
    monkeypatch.setattr(steps, "write_new", write_new)
    cuts = 0
    # What was done stays done, and one thing more is allowed each time.
    for allowed in range(1, 200):
        left[0] = allowed
        try:
            boot(places, Asked(), now_s)
        except CutError:
            cuts += 1
            continue
        break
    assert cuts >= 10
    whole(places, code, now_s, tmp_path / "book")


def test_a_card_without_configuration_is_told(tmp_path: Path) -> None:
    places, _, _ = machine(tmp_path)
    (places.card / "etc/edge.toml").unlink()
    with pytest.raises(DataError, match="there is no configuration"):
        boot(places, Asked())


def test_what_systemd_refuses_is_tried_again(tmp_path: Path) -> None:
    places, code, now_s = machine(tmp_path)

    class Refusing(Asked):
        def enable(self, unit: str) -> None:
            raise HardwareError(f"systemctl enable {unit}: no")

    with pytest.raises(HardwareError):
        boot(places, Refusing(), now_s)
    assert not (places.own / "done").exists()
    assert boot(places, Asked(), now_s)[0] == "service"
    whole(places, code, now_s, tmp_path / "book")
