"""Every fault gives its verdict and its remedy: the judging apart from the measuring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.config.cameras import FolderCamera, VideoCamera
from edge.config.station import Bin
from edge.install.doctor import (
    broker,
    camera,
    clock,
    disk,
    door,
    gpio,
    levels,
    lids,
    models,
    network,
    picture,
    power,
    readers,
    rehearse_cut,
    rehearse_kill,
    watchdog,
)
from edge.install.doctor.checks import Judgement, Text, Verdict, failed
from edge.install.doctor.record import Record

PASSED, WARNING, FAILED = Verdict.PASSED, Verdict.WARNING, Verdict.FAILED
VIDEO = VideoCamera("video", path=None, width_px=640, height_px=480, rate_fps=15.0)  # type: ignore[arg-type]
FOLDER = FolderCamera("folder", path=None, rate_fps=10.0)  # type: ignore[arg-type]
GB = 1_000_000_000
GOOD_DISK = disk.Disk(free=20 * GB, total=32 * GB, used=10_000_000, p50_ms=4.0, p99_ms=20.0)
GOOD_LOOK = picture.Look(sharpness=120.0, luma=110.0, clipped=0.01, colour=30.0)
GOOD_ACCESS = {
    "connected": True, "mqtt": 5, "overheard": False, "round_trip_ms": 12.0,
    "own_write": 0, "foreign_write": 0x87, "own_read": 1, "foreign_read": 1,
}  # fmt: skip
GOOD_CUT = rehearse_cut.Cut(True, True, True, 4, Record("e", 40, 0, 0))
GOOD_KILL = rehearse_kill.Killed(0.5, 4.0)
SENSORS = {"sensors": {"top": {"absent": False, "echo": True, "distance_mm": 500.0, "load_g": None, "ago_s": 0.5}}}
BINS = {"kitchen": Bin("kitchen", empty_mm=1000.0, sensors={"top": None})}  # type: ignore[dict-item]
DOOR = {"fire_line": "normal", "tampered": False}
LINES = gpio.Lines("pinctrl-rp1", {17: "lg", 27: "lg"})
PINS = {17: "door.relay_pin", 27: "door.contact_pin"}


def level(**changes: Any) -> dict[str, Any]:
    return {"kitchen": {"sensors": {"top": SENSORS["sensors"]["top"] | changes}}}


CASES: list[tuple[str, Judgement, Verdict, str]] = [
    ("supply", power.judge(power.of_bits(0x0, 48.0)), PASSED, ""),
    ("under-voltage now", power.judge(power.of_bits(0x50005, 48.0)), FAILED, "official supply"),
    ("under-voltage earlier", power.judge(power.of_bits(0x50000, 48.0)), WARNING, "official supply"),
    ("throttled", power.judge(power.of_bits(0x4, 60.0)), WARNING, "heat sink"),
    ("warm", power.judge(power.of_bits(0x0, 72.0)), WARNING, "heat sink"),
    ("hot", power.judge(power.of_bits(0x0, 81.0)), FAILED, "heat sink"),
    ("disk", disk.judge(GOOD_DISK, 512), PASSED, ""),
    ("full disk", disk.judge(replace(GOOD_DISK, free=20_000_000), 512), FAILED, "larger card"),
    ("no room for the quota", disk.judge(replace(GOOD_DISK, free=400_000_000), 512), WARNING, "quota_mb"),
    ("slow card", disk.judge(replace(GOOD_DISK, p99_ms=300.0), 512), WARNING, "A2"),
    ("counterfeit card", disk.judge(replace(GOOD_DISK, p99_ms=1500.0), 512), FAILED, "A2"),
    ("worn", disk.judge(replace(GOOD_DISK, life=9), 512), WARNING, "replace it"),
    ("worn out", disk.judge(replace(GOOD_DISK, life=11), 512), FAILED, "replace it"),
    ("errors", disk.judge(replace(GOOD_DISK, errors=3), 512), FAILED, "replace it"),
    ("clock", clock.judge(clock.Clock(1.8e9, True, True, "ntp")), PASSED, ""),
    ("no battery", clock.judge(clock.Clock(1.8e9, True, False)), PASSED, ""),
    ("clock unsynchronised", clock.judge(clock.Clock(1.8e9, False, True)), WARNING, "set-ntp true"),
    ("clock of 1970", clock.judge(clock.Clock(3600.0, False, False)), FAILED, "time server"),
    ("models", models.judge(models.Speed(24.0, 20.0, "Raspberry Pi 5", 9)), PASSED, ""),
    ("models slow", models.judge(models.Speed(60.0, 20.0, "Raspberry Pi 5", 9)), WARNING, "under-voltage"),
    ("models too slow", models.judge(models.Speed(400.0, 300.0, "Raspberry Pi 3", 9)), FAILED, "faster board"),
    ("pins", gpio.judge(LINES, PINS), PASSED, ""),
    ("no chip", gpio.judge(gpio.Lines("", {}), PINS), FAILED, "group gpio"),
    ("pin taken", gpio.judge(replace(LINES, holders={17: "lg", 27: "spi0 CS0"}), PINS), FAILED, "dtoverlay"),
    ("pin not held", gpio.judge(replace(LINES, holders={17: "lg", 27: ""}), PINS), FAILED, "edge status"),
    ("frames", camera.judge(camera.Frames(20, 20, 14.8, 640, 480), VIDEO), PASSED, ""),
    ("no camera", camera.judge(camera.Frames(0, 0, 0.0), VIDEO), FAILED, "flat cable"),
    ("frozen", camera.judge(camera.Frames(20, 1, 14.8, 640, 480), VIDEO), FAILED, "restart"),
    ("a folder may show one picture", camera.judge(camera.Frames(20, 1, 10.0, 640, 480), FOLDER), PASSED, ""),
    ("slow camera", camera.judge(camera.Frames(20, 20, 9.0, 640, 480), VIDEO), WARNING, "rate_fps"),
    ("very slow camera", camera.judge(camera.Frames(20, 20, 4.0, 640, 480), VIDEO), FAILED, "rate_fps"),
    ("another size", camera.judge(camera.Frames(20, 20, 15.0, 320, 240), VIDEO), WARNING, "width_px"),
    ("picture", picture.judge(GOOD_LOOK), PASSED, ""),
    ("out of focus", picture.judge(replace(GOOD_LOOK, sharpness=5.0)), WARNING, "protecting film"),
    ("lens cap", picture.judge(replace(GOOD_LOOK, luma=3.0)), FAILED, "lens cap"),
    ("against the sky", picture.judge(replace(GOOD_LOOK, clipped=0.4)), WARNING, "sky"),
    ("infrared", picture.judge_infrared(replace(GOOD_LOOK, colour=2.0)), PASSED, ""),
    ("infrared lamp off", picture.judge_infrared(replace(GOOD_LOOK, luma=8.0, colour=1.0)), FAILED, "NoIR"),
    ("not dark", picture.judge_infrared(GOOD_LOOK), WARNING, "darker"),
    ("door", door.judge(door.Rehearsal(False, 2.0, 4.0)), PASSED, ""),
    ("contact the wrong way", door.judge(door.Rehearsal(True)), FAILED, "contact_open"),
    ("contact never moves", door.judge(door.Rehearsal(False)), FAILED, "relay_active"),
    ("stays open", door.judge(door.Rehearsal(False, 2.0)), FAILED, "door closer"),
    ("lines", door.judge_lines(DOOR), PASSED, ""),
    ("fire line cut", door.judge_lines(DOOR | {"fire_line": "open"}), FAILED, "wire is cut"),
    ("housing open", door.judge_lines(DOOR | {"tampered": True}), FAILED, "tamper_open"),
    ("lids", lids.judge({"a": lids.Moved(True, True), "b": lids.Moved(True, True)}), PASSED, ""),
    ("lid stuck", lids.judge({"a": lids.Moved(True, True), "b": lids.Moved(False, False)}), FAILED, "stop_reached"),
    ("lid refused", lids.judge({"a": lids.Moved(False, False, "there is a fire")}), FAILED, "right first"),
    ("levels", levels.judge(level(), BINS), PASSED, ""),
    ("no reading", levels.judge({}, BINS), FAILED, "serial console"),
    ("sensor absent", levels.judge(level(absent=True), BINS), FAILED, "serial console"),
    ("old reading", levels.judge(level(ago_s=99.0), BINS), FAILED, "serial console"),
    ("no echo", levels.judge(level(echo=False, distance_mm=None), BINS), WARNING, "straight down"),
    ("past the bin", levels.judge(level(distance_mm=2400.0), BINS), WARNING, "empty_mm"),
    ("card", readers.judge(True, {"known": False, "secured": False}, should_be_secured=False), PASSED, ""),
    ("no card", readers.judge(True, None, should_be_secured=False), FAILED, "125 kHz"),
    ("reader silent", readers.judge(False, None, should_be_secured=False), FAILED, "baud"),
    ("open channel", readers.judge(True, {"known": True, "secured": False}, should_be_secured=True), WARNING, "key"),
    ("network", network.judge(network.Way("eth0", "broker", 12.0)), PASSED, ""),
    ("no network", network.judge(network.Way("", "broker", None, "not known")), FAILED, "cable"),
    ("broker away", network.judge(network.Way("eth0", "broker", None, "nothing answers")), FAILED, "firewall"),
    ("slow network", network.judge(network.Way("eth0", "broker", 900.0)), WARNING, "overloaded"),
    ("weak signal", network.judge(network.Way("wlan0", "broker", 12.0, dbm=-82.0)), WARNING, "antenna"),
    ("tls", broker.judge_tls(broker.Handshake(True, "", "TLSv1.3", 300)), PASSED, ""),
    ("no tls", broker.judge_tls(broker.Handshake(False)), WARNING, "tls = true"),
    ("wrong CA", broker.judge_tls(broker.Handshake(True, "authority that ca_file does not name")), FAILED, "ca_file"),
    ("certificate ends", broker.judge_tls(broker.Handshake(True, "", "TLSv1.3", 9)), WARNING, "office"),
    ("own certificate", broker.judge_tls(broker.Handshake(True, "", "TLSv1.3", 300, 61)), PASSED, ""),
    (
        "it ends",
        broker.judge_tls(broker.Handshake(True, "", "TLSv1.3", 300, 59, True)),
        WARNING,
        "journalctl -u edge-renew",
    ),
    ("access", broker.judge_access(GOOD_ACCESS, "r/g"), PASSED, ""),
    ("not let in", broker.judge_access({"connected": False, "error": "not authorised"}, "r/g"), FAILED, "edge status"),
    ("may not write", broker.judge_access(GOOD_ACCESS | {"own_write": 0x87}, "r/g"), FAILED, "must be r/g"),
    ("may not read", broker.judge_access(GOOD_ACCESS | {"own_read": 0x80}, "r/g"), FAILED, "must be r/g"),
    ("writes as others", broker.judge_access(GOOD_ACCESS | {"foreign_write": 0}, "r/g"), WARNING, "mosquitto.acl"),
    ("reads others", broker.judge_access(GOOD_ACCESS | {"overheard": True}, "r/g"), WARNING, "mosquitto.acl"),
    ("old broker", broker.judge_access(GOOD_ACCESS | {"mqtt": 4}, "r/g"), WARNING, "MQTT 5"),
    ("slow broker", broker.judge_access(GOOD_ACCESS | {"round_trip_ms": 1800.0}, "r/g"), WARNING, "edge status"),
    ("no answer", broker.judge_access(GOOD_ACCESS | {"round_trip_ms": None}, "r/g"), FAILED, "edge status"),
    ("watchdogs", watchdog.judge(watchdog.Watched(True, True, True)), PASSED, ""),
    ("by hand", watchdog.judge(watchdog.Watched(False, False, True)), WARNING, "enable --now"),
    ("unit unwatched", watchdog.judge(watchdog.Watched(True, False, True)), FAILED, "WatchdogSec"),
    ("board unwatched", watchdog.judge(watchdog.Watched(True, True, False)), WARNING, "RuntimeWatchdogSec"),
    ("cut", rehearse_cut.judge(GOOD_CUT), PASSED, ""),
    ("not connected before", rehearse_cut.judge(rehearse_cut.Cut(False)), FAILED, "broker"),
    ("not lost", rehearse_cut.judge(replace(GOOD_CUT, lost=False)), FAILED, "journalctl"),
    ("idle meanwhile", rehearse_cut.judge(replace(GOOD_CUT, told=0)), FAILED, "journalctl"),
    ("not back", rehearse_cut.judge(replace(GOOD_CUT, back=False)), FAILED, "outbox"),
    ("some wait", rehearse_cut.judge(replace(GOOD_CUT, back=False, after=Record("e", 9, 5, 0))), FAILED, "outbox"),
    ("some missing", rehearse_cut.judge(replace(GOOD_CUT, after=Record("e", 9, 0, 2))), FAILED, "events verify"),
    ("kill", rehearse_kill.judge(GOOD_KILL), PASSED, ""),
    ("kill, seen by the installer", rehearse_kill.judge(replace(GOOD_KILL, fell_s=None, seen=False), True), PASSED, ""),
    ("relay stays on", rehearse_kill.judge(replace(GOOD_KILL, fell_s=None)), FAILED, "one-shot"),
    ("the installer saw it stay", rehearse_kill.judge(replace(GOOD_KILL, seen=False), False), FAILED, "one-shot"),
    ("does not come back", rehearse_kill.judge(replace(GOOD_KILL, back_s=None)), FAILED, "Restart=always"),
    ("comes back unlocked", rehearse_kill.judge(replace(GOOD_KILL, unlocked=True)), FAILED, "journalctl"),
    ("events missing", rehearse_kill.judge(replace(GOOD_KILL, missing=3)), FAILED, "replace it"),
    ("no start told", rehearse_kill.judge(replace(GOOD_KILL, started=False)), FAILED, "replace it"),
]


@pytest.mark.parametrize(("judgement", "verdict", "remedy"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_what_is_found_and_what_to_do(judgement: Judgement, verdict: Verdict, remedy: str) -> None:
    assert judgement.verdict is verdict
    if remedy:
        assert judgement.remedy is not None and remedy in judgement.remedy.en
    else:
        assert judgement.remedy is None
    for text in (judgement.said, judgement.remedy):
        if text is not None:
            assert "{" not in text.en + text.cmn, "everything is filled in"
            assert any("一" <= sign <= "鿿" for sign in text.cmn), "and there is Mandarin"


def test_what_is_wrong_needs_a_remedy() -> None:
    with pytest.raises(ValueError, match="remedy"):
        Judgement(Verdict.FAILED, Text("broken", "坏了"))
    assert failed(Text("broken", "坏了"), Text("mend it", "修理")).remedy is not None
