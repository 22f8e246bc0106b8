"""The access point, with a program in nmcli's place that plays NetworkManager with files."""

from __future__ import annotations

import configparser
import json
import stat
from pathlib import Path

import pytest

from edge.errors import DataError, HardwareError
from edge.install.accesspoint.nmcli import NetworkManager
from edge.install.accesspoint.point import Point, Where
from edge.install.accesspoint.settings import FILE, AccessPoint, for_device, keyfile, read
from edge.runtime.service_window import OPEN_S, open_window

BOOT, FORMER = "boot-1", "0dbf7a31-0c4e-4d0b-9a63-1f2e3d4c5b6a"
OWN = AccessPoint("edge-gate-north", "W3HN-8BKC-5YQE")

# One radio, in the network `now`. Each call is noted; a call that matches `broken` fails.
NMCLI = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/asked"
if [ -s "$here/broken" ] && echo "$*" | grep -q -- "$(cat "$here/broken")"; then echo "it failed" >&2; exit 4; fi
case "$*" in
  *"device status") cat "$here/devices" ;;
  *"device show wlan0") cat "$here/now" ;;
  *"up id edge-access-point") echo own >"$here/now" ;;
  *"down id edge-access-point") : >"$here/now" ;;
  *"up uuid "*) shift 5; echo "$1" >"$here/now" ;;
esac
"""


class Machine:
    """A device with a radio, in its former network, and somebody who has held the button."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now_s = folder, 1000.0
        self.said: list[str] = []
        self.pauses = 0
        self.stop_after: int | None = None
        self.press_at: int | None = None
        (folder / "nmcli").write_text(NMCLI)
        (folder / "nmcli").chmod(0o755)
        (folder / "devices").write_text("eth0:ethernet\nwlan0:wifi\nlo:loopback\n")
        (folder / "now").write_text(f"{FORMER}\n")
        self.where = Where(*(folder / name for name in ("run", "own", "etc", "profiles", "conf")))
        for name in ("run", "own", "etc", "conf/wlan0"):
            (folder / name).mkdir(parents=True)
        (folder / "conf/wlan0/forwarding").write_text("1\n")
        (self.where.etc / FILE).write_bytes(OWN.written())
        self.point = Point(
            self.where,
            NetworkManager(str(folder / "nmcli")),
            BOOT,
            self.said.append,
            self._pause,
            lambda: self.now_s,
        )

    def press(self, bootid: str = BOOT) -> None:
        open_window(self.where.request, bootid, self.now_s)

    def _pause(self, lasts_s: float) -> bool:
        self.now_s += lasts_s
        self.pauses += 1
        if self.pauses == self.press_at:
            self.press()
        assert self.now() == "own"
        return self.pauses == self.stop_after

    def now(self) -> str:
        return (self.folder / "now").read_text().strip()

    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines() if (self.folder / "asked").exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_ten_minutes_and_back_in_the_former_network(machine: Machine) -> None:
    machine.press()
    machine.point.run()
    assert machine.pauses == OPEN_S
    assert not machine.where.request.exists()
    assert (machine.folder / "conf/wlan0/forwarding").read_text() == "0\n"  # nobody gets at what lies behind it
    assert machine.point.restore() == []
    assert machine.now() == FORMER
    assert not machine.where.profile.exists()
    assert machine.said == [
        "edge-gate-north is open for 600 s; the page is https://10.42.0.1/",
        "its time is over",
        "back in the former network",
    ]
    assert machine.asked()[-3:] == [
        "--wait 30 connection down id edge-access-point",
        "connection reload",
        f"--wait 30 connection up uuid {FORMER}",
    ]
    # Nobody who looks at the list of processes sees the passphrase.
    assert not any(OWN.passphrase in line for line in machine.asked())


def test_another_long_press_prolongs_it(machine: Machine) -> None:
    machine.press_at = 300
    machine.press()
    machine.point.run()
    assert machine.pauses == 300 + OPEN_S


def test_a_stop_ends_it_at_once(machine: Machine) -> None:
    machine.press()
    machine.stop_after = 5
    machine.point.run()
    assert machine.said[-1] == "it is told to stop"
    assert machine.point.restore() == [] and machine.now() == FORMER


@pytest.mark.parametrize("what", ["none", "of another boot", "over", "damaged"])
def test_without_a_request_that_holds_nothing_is_done(machine: Machine, what: str) -> None:
    if what == "damaged":
        machine.where.request.write_text("{")
    elif what != "none":
        machine.press("boot-0" if what == "of another boot" else BOOT)
    machine.now_s += OPEN_S if what == "over" else 0.0
    machine.point.run()
    assert machine.said == ["nobody asks for it"] and machine.asked() == []
    assert not machine.where.request.exists()  # or it would be asked again at once
    assert machine.point.restore() == [] and machine.now() == FORMER and machine.asked() == []


def test_a_kill_at_any_moment_is_made_good(machine: Machine) -> None:
    """Whatever was not reached any more, the same call brings the device back."""
    steps = ("device status", "device show", "connection load", "up id")
    for place, broken in enumerate(steps):
        machine.press()
        (machine.folder / "broken").write_text(broken)
        with pytest.raises(HardwareError, match="it failed"):
            machine.point.run()
        (machine.folder / "broken").write_text("")
        assert machine.point.restore() == []
        assert machine.now() == FORMER, steps[place]
        assert not machine.where.profile.exists() and not machine.where.former.exists()


def test_going_back_is_tried_to_the_end(machine: Machine) -> None:
    machine.press()
    machine.point.run()
    (machine.folder / "broken").write_text("down id")
    assert len(machine.point.restore()) == 1
    assert machine.now() == FORMER and not machine.where.profile.exists()


def test_a_device_without_a_radio_or_a_network_of_its_own(machine: Machine) -> None:
    machine.press()
    (machine.folder / "devices").write_text("eth0:ethernet\n")
    with pytest.raises(HardwareError, match="there is no radio"):
        machine.point.run()
    machine.press()
    (machine.where.etc / FILE).unlink()
    with pytest.raises(DataError, match="no network of its own"):
        machine.point.run()
    assert not machine.where.request.exists()


def test_a_device_that_was_in_no_network_stays_in_none(machine: Machine) -> None:
    (machine.folder / "now").write_text("\n")
    machine.press()
    machine.point.run()
    assert machine.point.restore() == []
    assert machine.now() == "" and machine.said[-1] == "closed"


def test_the_profile(machine: Machine) -> None:
    profile = configparser.ConfigParser(interpolation=None)
    profile.read_string(keyfile(OWN, "wlan0"))
    assert profile["wifi"]["mode"] == "ap" and profile["wifi-security"]["psk"] == OWN.passphrase
    assert profile["wifi-security"]["key-mgmt"] == "wpa-psk" and profile["wifi-security"]["proto"] == "rsn"
    assert profile["connection"]["autoconnect"] == "false"
    machine.press()
    (machine.folder / "broken").write_text("up id")
    with pytest.raises(HardwareError):
        machine.point.run()
    assert stat.S_IMODE(machine.where.profile.stat().st_mode) == 0o600


def test_names_fit_into_what_radios_take() -> None:
    assert for_device("gate-north", "x").ssid == "edge-gate-north"
    assert len(for_device("g" * 63, "x").ssid) == 32


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"ssid": "a"}',
        b'{"ssid": 1, "passphrase": "W3HN-8BKC-5YQE"}',
        json.dumps({"ssid": "a\nmode=x", "passphrase": "W3HN-8BKC-5YQE"}).encode(),
        json.dumps({"ssid": "a", "passphrase": "W3HN\npmf=3"}).encode(),
        json.dumps({"ssid": "a", "passphrase": "short"}).encode(),
    ],
)
def test_what_could_be_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataError):
        read(tmp_path / FILE)
