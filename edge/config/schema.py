"""What can be configured: one frozen dataclass per table, the unit in the name, the bounds beside it.

Where a part has several implementations, each has a class of its own and `driver` tells them apart, so that an
option which the chosen driver does not know is an error too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from edge.config.backup import Backup
from edge.config.cameras import CameraConfig as CameraConfig
from edge.config.cameras import FolderCamera as FolderCamera
from edge.config.cameras import PiCamera as PiCamera
from edge.config.cameras import VideoCamera as VideoCamera
from edge.config.check import Between
from edge.config.credentials import CardConfig, KeypadConfig
from edge.config.kinds import (
    Days,
    DeviceName,
    Fraction,
    IntervalText,
    Name,
    Pin,
    Seconds,
    TimeZone,
    TopicPrefix,
    WayText,
)
from edge.config.service import Service
from edge.config.station import Bin, Station
from edge.config.update import Update
from edge.config.wiring import Level, MaybePin
from edge.schedules import Interval, parse_interval

Volume = Annotated[int, Between(1, 100)]


@dataclass(frozen=True, slots=True)
class Device:
    """Who this device is, and what it is for. `id` and `site` become parts of the MQTT topics."""

    id: DeviceName
    site: Name
    roles: tuple[Literal["gate", "bin"], ...] = ("gate",)
    timezone: TimeZone = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class GpioDoor:
    """Lock relay, lamps, contacts and buttons on the header, in BCM numbers; -1: not wired.

    `fire_rest_pin`, `fire_alarm_pin`: the two contacts of the fire panel's changeover relay, closed to ground at rest
    and in an alarm. `busy_pin` tells the device of the interlock's other door that ours is released or open.
    """

    driver: Literal["gpio"]
    relay_pin: Pin
    relay_active: Literal["high", "low"] = "high"
    contact_pin: Annotated[int, Between(-1, 27)] = -1
    contact_open: Literal["high", "low"] = "high"
    exit_pin: Annotated[int, Between(-1, 27)] = -1
    exit_pressed: Literal["high", "low"] = "low"
    granted_lamp_pin: Annotated[int, Between(-1, 27)] = -1
    refused_lamp_pin: Annotated[int, Between(-1, 27)] = -1
    fire_rest_pin: MaybePin = -1
    fire_alarm_pin: MaybePin = -1
    tamper_pin: MaybePin = -1
    tamper_open: Level = "high"
    other_door_pin: MaybePin = -1
    other_door_open: Level = "high"
    busy_pin: MaybePin = -1
    busy_level: Level = "low"
    wide_exit_pin: MaybePin = -1
    wide_exit_pressed: Level = "low"


@dataclass(frozen=True, slots=True)
class SimulatedDoor:
    """The same driver on mock pins, with a visitor who opens the unlocked door and lets it fall shut.

    `fire_line`, `tamper`, `other_door`, `wide_exit`: whether these inputs are wired; they rest until they are moved.
    """

    driver: Literal["simulated"]
    relay_active: Literal["high", "low"] = "high"
    opens_after_s: Seconds = 0.6
    closes_after_s: Seconds = 1.5
    exit_every_s: Annotated[float, Between(0.0, 3600.0)] = 0.0
    fire_line: bool = False
    tamper: bool = False
    other_door: bool = False
    wide_exit: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """How long things may take at the door. `wide_unlock_s`: for people who need longer, whose door may also stand open
    longer by the difference. `interlock`: this door opens only while the other one is shut.
    """

    unlock_s: Annotated[float, Between(0.5, 60.0)] = 5.0
    wide_unlock_s: Annotated[float, Between(0.5, 180.0)] = 20.0
    held_warning_s: Annotated[float, Between(5.0, 3600.0)] = 30.0
    held_alarm_s: Annotated[float, Between(6.0, 7200.0)] = 60.0
    interlock: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Who may pass when, and by showing what. A schedule is a list like ["mon-fri 07:00-19:00", "sat 08:00-12:00"].

    `ways`: what is enough, like ["face", "card+pin"]; `ways_at`: the same by name of a schedule, for its hours;
    `group_ways`: for members of a group, whatever the hour. `passback`: whether somebody who has come in may come in
    again: "timed" not within `passback_s`, "hard" not before an exit reader has seen them leave, "soft" they may, and
    it is told.
    """

    schedules: Mapping[str, tuple[IntervalText, ...]] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    cooldown_s: Annotated[float, Between(1.0, 600.0)] = 10.0
    greet_again_s: Annotated[float, Between(0.0, 86400.0)] = 60.0
    lockout_failures: Annotated[int, Between(3, 100)] = 5
    lockout_window_s: Annotated[float, Between(5.0, 3600.0)] = 60.0
    lockout_s: Annotated[float, Between(5.0, 3600.0)] = 120.0
    ways: tuple[WayText, ...] = ("face", "card", "pin", "pass")
    ways_at: Mapping[str, tuple[WayText, ...]] = field(default_factory=lambda: MappingProxyType({}))
    group_ways: Mapping[str, tuple[WayText, ...]] = field(default_factory=lambda: MappingProxyType({}))
    passback: Literal["off", "soft", "hard", "timed"] = "off"
    passback_s: Annotated[float, Between(10.0, 86400.0)] = 300.0

    def intervals(self) -> Mapping[str, tuple[Interval, ...]]:
        """The schedules, parsed."""
        return {name: tuple(map(parse_interval, texts)) for name, texts in self.schedules.items()}


@dataclass(frozen=True, slots=True)
class Face:
    """Recognition. `zone` is the part of the picture, as fractions left, top, right, bottom, where a face counts."""

    target_fpir: Annotated[float, Between(1e-6, 0.05)] = 0.001
    min_eye_px: Annotated[float, Between(12.0, 400.0)] = 24.0
    zone: tuple[Fraction, ...] = (0.0, 0.0, 1.0, 1.0)
    network: str = ""


@dataclass(frozen=True, slots=True)
class AplaySpeaker:
    """A sound card through ALSA's aplay, named as `aplay -L` names it, so that it survives a reboot.

    `phrases`: a site's own wordings, one TOML file per language. `volume_percent` is of what the card can do without
    distortion, `quiet_volume_percent` the same in the hours of `quiet`; an alarm is as loud as it can be.
    """

    driver: Literal["aplay"]
    card: str = "default"
    languages: tuple[Literal["cmn", "en"], ...] = ("cmn", "en")
    rate_wpm: Annotated[int, Between(80, 300)] = 160
    volume_percent: Volume = 60
    quiet: tuple[IntervalText, ...] = ()
    quiet_volume_percent: Volume = 25
    phrases: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class SimulatedSpeaker:
    """Writes what would be heard as WAV files below the state directory."""

    driver: Literal["simulated"]
    languages: tuple[Literal["cmn", "en"], ...] = ("cmn", "en")
    rate_wpm: Annotated[int, Between(80, 300)] = 160
    volume_percent: Volume = 60
    quiet: tuple[IntervalText, ...] = ()
    quiet_volume_percent: Volume = 25
    phrases: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class SilentSpeaker:
    """A gate without a loudspeaker: in no language, nothing is rendered. The other keys are those of a voice."""

    driver: Literal["silent"]
    languages: tuple[Literal["cmn", "en"], ...] = ()
    rate_wpm: Annotated[int, Between(80, 300)] = 160
    volume_percent: Volume = 60
    quiet: tuple[IntervalText, ...] = ()
    quiet_volume_percent: Volume = 25
    phrases: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Store:
    """Where the device keeps its files, how large they may grow, and how long an event stays after it was delivered.
    `runtime_dir` is for what need not survive a reboot.
    """

    state_dir: Path = Path("/var/lib/edge")
    runtime_dir: Path = Path("/run/edge")
    quota_mb: Annotated[int, Between(8, 65536)] = 512
    keep_alarm_days: Days = 365
    keep_access_days: Days = 90
    keep_waste_days: Days = 90
    keep_telemetry_days: Days = 30
    keep_picture_days: Days = 7


@dataclass(frozen=True, slots=True)
class Uplink:
    """The central MQTT broker. Secrets stand in files of their own. `registration_port`: where a new device asks for
    its certificate; 0: somebody carries it.
    """

    host: str
    port: Annotated[int, Between(1, 65535)] = 8883
    tls: bool = True
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    window: Annotated[int, Between(1, 1000)] = 100
    delivery: Literal["broker", "confirmed"] = "broker"
    sink_key_file: Path | None = None
    registration_port: Annotated[int, Between(0, 65535)] = 0


@dataclass(frozen=True, slots=True)
class Office:
    """Who may give this device orders: the public keys (Ed25519, PEM) of those who sign them, by name.

    `sealing_key_file`: the office's public key (X25519, PEM), to which pictures and enrolments are sealed.
    `supervision_key_file`: a second public key of that kind, to which the frames of a clip are sealed as they were
    taken; without it they leave the station blurred only. `two_person`: enrolling somebody by command takes two
    signatures. `zone`: the roster that this device follows, and for which a pass must hold.
    """

    keys: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    sealing_key_file: Path | None = None
    supervision_key_file: Path | None = None
    two_person: bool = False
    zone: Name = "main"


@dataclass(frozen=True, slots=True)
class Pictures:
    """After which types of event a picture is taken, sealed to the office's key, and sent last."""

    of: tuple[str, ...] = ()
    width_px: Annotated[int, Between(160, 1280)] = 640
    quality: Annotated[int, Between(30, 95)] = 75


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """Discovery by Home Assistant, through the same broker."""

    discovery: bool = False
    prefix: TopicPrefix = "homeassistant"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures in Prometheus' text format, on this machine only; port 0: off."""

    port: Annotated[int, Between(0, 65535)] = 0


@dataclass(frozen=True, slots=True)
class Liveness:
    """`infrared`: `second_camera` sees infrared, in which a screen is dark."""

    infrared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One device. `camera` looks at people, `second_camera` at the same place, and must agree; `door`, `card`,
    `card_inside` and `keypad` belong to a gate, `station` and `bins` to a waste station.
    """

    device: Device
    camera: CameraConfig | None = None
    second_camera: CameraConfig | None = None
    door: GpioDoor | SimulatedDoor | None = None
    card: CardConfig | None = None
    card_inside: CardConfig | None = None
    keypad: KeypadConfig | None = None
    speaker: AplaySpeaker | SimulatedSpeaker | SilentSpeaker
    uplink: Uplink
    lock: Lock = Lock()
    access: Access = field(default_factory=Access)
    face: Face = Face()
    liveness: Liveness = Liveness()
    store: Store = Store()
    office: Office = field(default_factory=Office)
    pictures: Pictures = Pictures()
    homeassistant: HomeAssistant = HomeAssistant()
    metrics: Metrics = Metrics()
    update: Update = Update()
    service: Service = Service()
    backup: Backup = Backup()
    station: Station | None = None
    bins: Mapping[Name, Bin] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def readers(self) -> Mapping[str, CardConfig]:
        """The card readers by the name of their table."""
        readers = {"card": self.card, "card_inside": self.card_inside}
        return MappingProxyType({name: reader for name, reader in readers.items() if reader is not None})

    @property
    def fitted(self) -> tuple[str, ...]:
        """What can be shown here to come in, by the names that `ways` has for it. A pass needs a camera to be read, and
        a key of the office's to be known by.
        """
        parts = {"face": self.camera, "card": self.card, "pin": self.keypad, "pass": self.camera and self.office.keys}
        return tuple(name for name, part in parts.items() if part)
