"""The measuring: what programs, files of the kernel, the desk and sockets say, read rightly."""

from __future__ import annotations

import array
import errno
import ssl
import struct
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from edge import resources
from edge.config.schema import GpioDoor
from edge.errors import HardwareError
from edge.install.doctor import (
    broker,
    camera,
    disk,
    door,
    gpio,
    levels,
    models,
    network,
    picture,
    power,
    readers,
    rehearse_kill,
    speaker,
    watchdog,
)
from edge.install.doctor.checks import NO, READY, Question, Verdict
from edge.local.client import Shown
from edge.uplink.settings import Broker
from edge.vision.picture_file import load_picture
from edge.voice import wav
from tests.unit.install.doctor.doctor_samples import GATE, FakeDesk, bench, judged
from tests.uplink.certificates import Authority

GPIO = GATE.replace('driver = "{door}"', 'driver = "gpio"\nrelay_pin = 17\ncontact_pin = 27\nexit_pin = 22')


def test_the_supply_by_vcgencmd_and_without_it_by_the_kernel(tmp_path: Path) -> None:
    says = {"vcgencmd get_throttled": "throttled=0x50005", "vcgencmd measure_temp": "temp=48.3'C"}
    found = power.measure(bench(tmp_path, tools=says))
    assert found == power.Power(low=True, was_low=True, slowed=True, celsius=48.3)
    assert judged(power.PowerCheck(), bench(tmp_path, tools=says)).verdict is Verdict.FAILED
    zone = tmp_path / "root/sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("51000\n")
    (zone / "type").write_text("cpu-thermal\n")
    assert power.measure(bench(tmp_path)) == power.Power(celsius=51.0)


def test_a_machine_that_tells_nothing_is_passed_over(tmp_path: Path) -> None:
    assert judged(power.PowerCheck(), bench(tmp_path)).verdict is Verdict.SKIPPED


def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = bench(tmp_path)
    (tmp_path / "state/events.db").write_bytes(bytes(1000))
    (tmp_path / "state/events.db-wal").write_bytes(bytes(24))
    found = disk.measure(at)
    assert found.used == 1024
    assert found.total >= found.free > 0
    assert 0.0 < found.p50_ms <= found.p99_ms
    assert list((tmp_path / "state").glob(".doctor*")) == []

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("edge.install.doctor.disk.os.fdatasync", full)
    judgement = judged(disk.DiskCheck(), at)
    assert judgement.verdict is Verdict.FAILED and judgement.remedy is not None
    assert "larger card" in judgement.remedy.en
    assert list((tmp_path / "state").glob(".doctor*")) == []


def test_the_wear_of_an_emmc_and_the_errors_of_its_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = bench(tmp_path)
    monkeypatch.setattr("edge.install.doctor.disk.os.major", lambda _device: 179)
    monkeypatch.setattr("edge.install.doctor.disk.os.minor", lambda _device: 2)
    card = tmp_path / "root/sys/devices/mmcblk0"
    (card / "mmcblk0p2").mkdir(parents=True)
    (card / "mmcblk0p2/partition").write_text("2")
    (card / "device").mkdir()
    (card / "device/life_time").write_text("0x02 0x09\n")
    (tmp_path / "root/sys/dev/block").mkdir(parents=True)
    (tmp_path / "root/sys/dev/block/179:2").symlink_to(card / "mmcblk0p2")
    (tmp_path / "root/sys/fs/ext4/mmcblk0p2").mkdir(parents=True)
    (tmp_path / "root/sys/fs/ext4/mmcblk0p2/errors_count").write_text("4\n")
    found = disk.measure(at)
    assert (found.life, found.errors) == (9, 4)


def test_the_pins_by_the_kernels_own_calls(tmp_path: Path) -> None:
    """The structures of linux/gpio.h: gpiochip_info (68 bytes) and gpioline_info (72 bytes)."""
    dev = tmp_path / "root/dev"
    dev.mkdir(parents=True)
    for name in ("gpiochip0", "gpiochip4"):
        (dev / name).touch()
    opened: dict[int, str] = {}

    def ask(handle: int, call: int, told: bytearray) -> None:
        name = Path(f"/proc/self/fd/{handle}").resolve().name
        if call == 0x8044B401:
            label = b"pinctrl-rp1" if name == "gpiochip4" else b"gpio-brcmstb"
            told[:] = struct.pack("32s32sI", name.encode(), label, 54)
            return
        assert call == 0xC048B402 and len(told) == 72 and name == "gpiochip4"
        (pin,) = struct.unpack_from("I", told)
        holder = {17: b"lg", 27: b"", 22: b"onewire@16"}[pin]
        told[:] = struct.pack("II32s32s", pin, 1 if holder else 0, b"GPIO", holder)
        opened[pin] = name

    at = bench(tmp_path, config=GPIO.replace("{door}", "gpio"))
    found = gpio.measure(at.config, dev, ask)
    assert found == gpio.Lines("pinctrl-rp1", {17: "lg", 22: "onewire@16", 27: ""})
    assert gpio.measure(at.config, tmp_path / "empty", ask) == gpio.Lines("", {})
    assert judged(gpio.GpioCheck(), bench(tmp_path)).verdict is Verdict.SKIPPED


def test_the_networks_of_a_frame_and_what_is_expected_of_a_board(tmp_path: Path) -> None:
    found = models.measure(bench(tmp_path).config, "x86_64")
    assert found.files >= 5
    assert 0.0 < found.expected_ms < 20.0
    assert found.ms > 0.0
    boards = ("Raspberry Pi 5 Model B Rev 1.0", "Raspberry Pi Zero 2 W", "i7")
    assert [models.factor(name) for name in boards] == [3, 15, 1]


def frame(number: int, mono_s: float, colour: int) -> Shown:
    data = np.full((480, 640, 3), colour, np.uint8).tobytes()
    return Shown({"size_px": [640, 480], "number": number, "mono_s": mono_s}, data)


def test_the_rate_of_a_camera_is_told_by_the_frames_numbers(tmp_path: Path) -> None:
    """Also where the doctor is too slow to take each of them."""
    desk = FakeDesk(picture=lambda count: frame(3 * count, count * 0.2, count % 2))
    found = camera.measure(bench(tmp_path, desk), "people")
    assert (found.width, found.height, found.different) == (640, 480, 2)
    assert found.fps == pytest.approx(15.0)


def test_no_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.install.doctor.picture._READ_S", 0.01)
    judgement = judged(camera.FramesCheck("people"), bench(tmp_path, FakeDesk()))
    assert judgement.verdict is Verdict.FAILED
    assert judgement.remedy is not None and "flat cable" in judgement.remedy.en
    assert judged(camera.FramesCheck("station"), bench(tmp_path)).verdict is Verdict.SKIPPED
    judgement = judged(picture.PictureCheck("people"), bench(tmp_path, FakeDesk()))
    assert judgement.verdict is Verdict.FAILED
    assert judged(picture.InfraredCheck("people"), bench(tmp_path)).verdict is Verdict.SKIPPED


def test_a_sharp_picture_a_blurred_one_and_one_in_the_dark() -> None:
    sharp = load_picture(resources.demo_pictures() / "obama.jpg")
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 8.0), np.uint8)
    assert picture.judge(picture.measure(sharp)).verdict is Verdict.PASSED
    assert picture.judge(picture.measure(blurred)).verdict is Verdict.WARNING
    assert picture.judge(picture.measure(np.full_like(sharp, 4))).verdict is Verdict.FAILED
    grey = np.repeat(sharp.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert picture.judge_infrared(picture.measure(grey)).verdict is Verdict.PASSED
    assert picture.judge_infrared(picture.measure(sharp)).verdict is Verdict.WARNING


def test_infrared_is_asked_for_and_measured_in_the_dark(tmp_path: Path) -> None:
    config = GATE.replace('driver = "folder"\npath = "pictures"', 'driver = "video"\npath = "/dev/video0"')
    desk = FakeDesk(picture=lambda count: frame(count, count * 0.1, 90))
    at = bench(tmp_path, desk, config)
    assert judged(picture.InfraredCheck("people"), at).verdict is Verdict.PASSED
    assert judged(picture.InfraredCheck("people"), at, lambda asked: asked.answers[1]).verdict is Verdict.SKIPPED


def contact(count: int, *, is_open: bool) -> dict[str, Any]:
    return {"contact": {"open": is_open, "count": count, "ago_s": 0.1}}


@pytest.mark.parametrize("before", [[], [contact(0, is_open=True)] * 3], ids=["shut", "somebody has just gone through"])
def test_the_door_is_seen_to_open_and_to_shut(tmp_path: Path, before: list[dict[str, Any]]) -> None:
    story = [*before, *[contact(1, is_open=False)] * 3, *[contact(2, is_open=True)] * 4, contact(3, is_open=False)]
    desk = FakeDesk(seen=lambda count: story[min(count, len(story)) - 1])
    judgement = judged(door.DoorCheck(), bench(tmp_path, desk))
    assert judgement.verdict is Verdict.PASSED
    assert desk.driven == [("relay", {"seconds": door.RELEASED_S})]


def test_a_contact_that_never_moves_and_one_that_reads_open(tmp_path: Path) -> None:
    for says, what in (({}, "never moved"), (contact(1, is_open=False), "never moved")):
        judgement = judged(door.DoorCheck(), bench(tmp_path, FakeDesk(seen=says)))
        assert judgement.verdict is Verdict.FAILED and what in judgement.said.en
    desk = FakeDesk(seen=contact(1, is_open=True))
    assert judged(door.DoorCheck(), bench(tmp_path, desk)).verdict is Verdict.FAILED
    assert desk.driven == [], "a lock is not released for a contact that cannot tell"


def test_a_lockdown_is_told_as_the_reason(tmp_path: Path) -> None:
    desk = FakeDesk(seen=contact(1, is_open=False))
    desk.refuses = "lockdown"
    for check in (door.DoorCheck(), door.LockCheck()):
        judgement = judged(check, bench(tmp_path, desk))
        assert judgement.verdict is Verdict.FAILED and "locked down" in judgement.said.en


def _no_where_asked(asked: Question) -> str:
    return NO if NO in asked.answers else READY


def test_what_the_installer_says_of_the_lock_counts(tmp_path: Path) -> None:
    assert judged(door.LockCheck(), bench(tmp_path)).verdict is Verdict.PASSED
    assert judged(door.LockCheck(), bench(tmp_path), _no_where_asked).verdict is Verdict.FAILED


def test_the_exit_button_is_pressed_or_not(tmp_path: Path) -> None:
    config = GPIO.replace("{door}", "gpio")
    pressed = FakeDesk(seen=lambda count: {"exit_button": {"count": 1 + (count > 3)}})
    assert judged(door.ExitCheck(), bench(tmp_path, pressed, config)).verdict is Verdict.PASSED
    assert judged(door.ExitCheck(), bench(tmp_path, FakeDesk(), config)).verdict is Verdict.FAILED
    assert judged(door.ExitCheck(), bench(tmp_path)).verdict is Verdict.SKIPPED


CARD = '[card]\ndriver = "line"\nport = "/dev/ttyAMA0"\n[keypad]\ndriver = "serial"\nport = "/dev/ttyAMA1"\n'


def test_a_card_and_keys_arrive_or_not(tmp_path: Path) -> None:
    config = CARD + GATE
    desk = FakeDesk(
        seen=lambda count: {"card": {"known": False, "secured": False, "count": count}, "keypad": {"count": count}}
    )
    at = bench(tmp_path, desk, config)
    assert judged(readers.CardCheck("card"), at).verdict is Verdict.PASSED
    assert judged(readers.KeypadCheck(), at).verdict is Verdict.PASSED
    silent = FakeDesk(state={"credentials": {"card": {"working": False}}})
    judgement = judged(readers.CardCheck("card"), bench(tmp_path, silent, config))
    assert judgement.remedy is not None and "baud" in judgement.remedy.en
    assert judged(readers.KeypadCheck(), bench(tmp_path, silent, config)).verdict is Verdict.FAILED
    for check in (readers.CardCheck("card_inside"), readers.CardCheck("card"), readers.KeypadCheck()):
        assert judged(check, bench(tmp_path)).verdict is Verdict.SKIPPED


def tone(path: Path, *parts: tuple[float, int], rate: int = 16000) -> Path:
    samples = array.array("h")
    for seconds, peak in parts:
        angles = np.arange(round(seconds * rate)) * 0.3
        samples.extend((peak * np.sin(angles)).astype(np.int16).tolist())
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(rate)
        stream.writeframes(samples.tobytes())
    return path


def test_a_sentence_stands_out_of_the_noise_of_a_street(tmp_path: Path) -> None:
    heard = speaker.loudness(wav.read(tone(tmp_path / "a.wav", (1.0, 300), (2.0, 6000), (1.0, 300))))
    assert 15.0 < heard < 25.0
    assert speaker.judge(speaker.Heard(heard)) is not None
    noise = speaker.loudness(wav.read(tone(tmp_path / "b.wav", (4.0, 3000))))
    assert speaker.judge(speaker.Heard(noise)) is None, "then the installer is asked"


def test_without_a_microphone_the_installer_says_whether_it_was_heard(tmp_path: Path) -> None:
    config = GATE.replace('driver = "silent"', 'driver = "aplay"')
    at = bench(tmp_path, config=config)
    assert judged(speaker.SpeakerCheck(), at).verdict is Verdict.PASSED
    assert judged(speaker.SpeakerCheck(), at, lambda asked: asked.answers[1]).verdict is Verdict.FAILED
    assert judged(speaker.SpeakerCheck(), bench(tmp_path)).verdict is Verdict.SKIPPED


def test_levels_are_waited_for(tmp_path: Path) -> None:
    station = """
[station]
[bins.kitchen]
category = "kitchen"
sensors.top = {{driver = "simulated"}}
"""
    config = GATE.replace('id = "gate-1"', 'id = "bin-1"\nroles = ["gate", "bin"]') + station
    told = {"absent": False, "echo": True, "distance_mm": 500.0, "load_g": None, "ago_s": 0.1}
    desk = FakeDesk(levels=lambda count: {"kitchen": {"sensors": {"top": told} if count > 3 else {}}})
    assert judged(levels.LevelsCheck(), bench(tmp_path, desk, config)).verdict is Verdict.PASSED
    assert judged(levels.LevelsCheck(), bench(tmp_path)).verdict is Verdict.SKIPPED


def test_the_way_to_a_broker_that_is_there_and_to_one_that_is_not(tmp_path: Path) -> None:
    found = network.measure(bench(tmp_path))
    assert (found.interface, found.ms) == ("lo", None)
    assert "nothing answers" in found.why
    (tmp_path / "root/proc/net").mkdir(parents=True)
    (tmp_path / "root/proc/net/wireless").write_text(
        "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n"
        " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
        " wlan0: 0000   40.  -70.  -256        0      0      0      0      0        0\n"
    )
    (tmp_path / "root/proc/net/route").write_text(
        "Iface\tDestination\tGateway\nwlan0\t0000A8C0\t00000000\nwlan0\t00000000\t0100A8C0\n"
    )
    assert network.signal("wlan0", tmp_path / "root") == -70.0
    assert network.signal("eth0", tmp_path / "root") is None
    assert network.leads_to("no-such-host.invalid", 1, tmp_path / "root") == "wlan0"


@contextmanager
def greeter(context: ssl.SSLContext) -> Iterator[int]:
    """Somebody who speaks TLS, and nothing more."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20.0)

        def greet() -> None:
            try:
                accepted, _ = listener.accept()
                with accepted, context.wrap_socket(accepted, server_side=True) as secured:
                    secured.recv(1)
            except OSError:  # who refuses our certificate hangs up
                pass

        thread = threading.Thread(target=greet)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(20.0)


def test_a_handshake_with_the_right_authority_and_with_a_wrong_one(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    cert_file, key_file = ours.issue("broker")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    with greeter(context) as port:
        good = broker.shake(Broker("127.0.0.1", port, ca_file=ours.ca_file), time.time())
    assert good.why == "" and good.days is not None and good.days > 30
    assert broker.judge_tls(good).verdict is Verdict.PASSED
    device, key = ours.issue("device")
    with greeter(context) as port:
        own = broker.shake(Broker("127.0.0.1", port, ca_file=ours.ca_file, cert_file=device, key_file=key), time.time())
    assert own.own_days is not None and own.own_days > 30 and broker.judge_tls(own).verdict is Verdict.PASSED
    with greeter(context) as port:
        wrong = broker.shake(Broker("127.0.0.1", port, ca_file=other.ca_file), time.time())
    assert "ca_file" in wrong.why
    assert broker.judge_tls(wrong).verdict is Verdict.FAILED
    missing = broker.shake(Broker("127.0.0.1", 9, ca_file=tmp_path / "none.pem"), time.time())
    assert "ca_file" in missing.why
    assert broker.shake(Broker("127.0.0.1", 9, tls=False), 0.0) == broker.Handshake(False)


def test_the_broker_is_asked_once_the_device_is_connected(tmp_path: Path) -> None:
    told = {"connected": True, "mqtt": 5, "overheard": False, "round_trip_ms": 9.0} | dict.fromkeys(
        ("own_write", "own_read", "foreign_read"), 0
    )
    desk = FakeDesk(
        state={"uplink": {"connected": True}}, broker=lambda count: told | {"foreign_write": 135} if count > 2 else None
    )
    assert judged(broker.AccessCheck(), bench(tmp_path, desk)).verdict is Verdict.PASSED
    away = FakeDesk(state={"uplink": {"connected": False, "last_error": "nothing answers at broker:8883"}})
    judgement = judged(broker.AccessCheck(), bench(tmp_path, away))
    assert judgement.verdict is Verdict.FAILED and "nothing answers" in judgement.said.en


def test_the_watchdogs_as_systemd_shows_them(tmp_path: Path) -> None:
    assert judged(watchdog.WatchdogCheck(), bench(tmp_path)).verdict is Verdict.SKIPPED
    (tmp_path / "root/run/systemd/system").mkdir(parents=True)
    unit = "systemctl show edge.service --property=ActiveState,WatchdogUSec"
    manager = "systemctl show --property=RuntimeWatchdogUSec --value"
    for says, verdict in (
        ({unit: "ActiveState=active\nWatchdogUSec=15s", manager: "15s"}, Verdict.PASSED),
        ({unit: "ActiveState=active\nWatchdogUSec=15s", manager: "0"}, Verdict.WARNING),
        ({unit: "ActiveState=active\nWatchdogUSec=infinity", manager: "15s"}, Verdict.FAILED),
        ({unit: "ActiveState=inactive\nWatchdogUSec=0", manager: "15s"}, Verdict.WARNING),
    ):
        assert judged(watchdog.WatchdogCheck(), bench(tmp_path, tools=says)).verdict is verdict


@pytest.mark.parametrize(("active", "level", "on"), [("high", "hi", True), ("high", "lo", False), ("low", "lo", True)])
def test_the_relays_level_is_read_without_claiming_its_pin(tmp_path: Path, active: Any, level: str, on: bool) -> None:
    wiring = GpioDoor("gpio", relay_pin=17, relay_active=active)
    says = {"pinctrl get 17": f"17: op dl pd | {level} // GPIO17 = output"}
    assert rehearse_kill.relay_level(bench(tmp_path, tools=says), wiring) is on
    assert rehearse_kill.relay_level(bench(tmp_path), wiring) is None


def test_a_relay_that_stays_on_is_seen_and_where_nobody_can_see_the_installer_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int] = []
    monkeypatch.setattr("edge.install.doctor.rehearse_kill._kill", pids.append)
    record = SimpleNamespace(epoch="e", seq=5, waiting=0, missing=0)
    monkeypatch.setattr("edge.install.doctor.rehearse_kill.read_record", lambda *_where: record)
    monkeypatch.setattr("edge.install.doctor.rehearse_kill.told_since", lambda *_where: 1)
    said: list[Question] = []

    def answer(asked: Question) -> str:
        said.append(asked)
        return asked.answers[0]

    def desk() -> FakeDesk:
        states = {"pid": 7, "store": {"figures": {"waiting": 0}}, "door": {"unlocked": False}}
        return FakeDesk(state=lambda count: {**states, "pid": 7 if count < 3 else 8})

    config = GPIO.replace("{door}", "gpio")
    stays = {"pinctrl get 17": "17: op dl pd | hi // GPIO17 = output"}
    judgement = judged(rehearse_kill.KillCheck(), bench(tmp_path, desk(), config, stays), answer)
    assert judgement.verdict is Verdict.FAILED and "stayed on" in judgement.said.en
    assert pids == [7] and len(said) == 1
    judgement = judged(rehearse_kill.KillCheck(), bench(tmp_path, desk(), config), answer)
    assert judgement.verdict is Verdict.PASSED
    assert len(said) == 3, "the warning, and whether the door is locked"


def test_another_users_daemon_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr("edge.install.doctor.rehearse_kill.os.kill", refuse)
    with pytest.raises(HardwareError, match="as root"):
        rehearse_kill._kill(1)
