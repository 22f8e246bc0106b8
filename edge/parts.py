"""From configuration to parts: each table's `driver` names the implementation that is made here."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from edge.actions import Report, Speak, Term
from edge.clock import Clock, Now, boot_id
from edge.config import schema
from edge.config.cameras import CameraConfig, ScriptedCamera, VisitorsCamera
from edge.config.credentials import (
    CardConfig,
    KeypadConfig,
    OsdpReaderConfig,
    Pn532ReaderConfig,
    ReaderKeypad,
    SimulatedReaderConfig,
    WiegandReaderConfig,
)
from edge.config.credentials import MatrixKeypad as MatrixKeypadConfig
from edge.config.credentials import SimulatedKeypad as SimulatedKeypadConfig
from edge.config.schema import Config
from edge.config.sensors import (
    LaserSensor,
    LevelSensorConfig,
    ModbusSensor,
    PulseSensor,
    ScaleSensor,
    SimulatedSensor,
)
from edge.config.station import Bin, Station
from edge.drivers.camera import Camera, Frame
from edge.drivers.card import CardReader
from edge.drivers.door import DoorPort
from edge.drivers.keypad import Keypad
from edge.drivers.level import LevelSensor
from edge.drivers.speaker import Speaker
from edge.drivers.station import StationPort
from edge.errors import ConfigError
from edge.runtime.renewable import Renewable
from edge.schedules import parse_interval
from edge.store.identity import read_recipient, read_signer, seal_to
from edge.uplink.settings import Broker
from edge.voice.catalogue import CATEGORIES
from edge.voice.loudness import Loudness
from edge.voice.phrases import PhraseBook, load_book

if TYPE_CHECKING:
    from edge.drivers.camera.clip import ClipWorker
    from edge.drivers.camera.snapshot import SnapshotWorker
    from edge.drivers.card.instruments import SimulatedBridge
    from edge.drivers.keypad.of_reader import ReaderKeys
    from edge.drivers.keypad.simulated import TypingVisitor
    from edge.drivers.service.worker import ServiceButtonWorker
    from edge.runtime.faults import FaultDesk
    from edge.vision.manifest import Manifest
    from edge.vision.scene import SceneWatch


def make_camera(settings: CameraConfig) -> Camera:
    """The configured camera, not opened yet. Drivers, and the libraries behind them, are imported here."""
    size = {"width_px": settings.width_px, "height_px": settings.height_px}
    if isinstance(settings, schema.FolderCamera):
        from edge.drivers.camera.folder import FolderCamera
        from edge.vision.picture_file import load_picture

        return FolderCamera(
            settings.path,
            load_picture,
            rate_fps=settings.rate_fps,
            show_s=settings.show_s,
            repeat=settings.repeat,
            **size,
        )
    if isinstance(settings, ScriptedCamera):
        from edge.drivers.camera.scripted import ScriptedCamera as Scripted
        from edge.vision.picture_file import load_picture

        return Scripted(
            settings.path,
            load_picture,
            width_px=settings.width_px,
            height_px=settings.height_px,
            rate_fps=settings.rate_fps,
        )
    if isinstance(settings, VisitorsCamera):
        from edge import resources
        from edge.rig.camera import VisitorsCamera as Visitors
        from edge.rig.portrait import open_fit
        from edge.vision.manifest import load_manifest
        from edge.vision.picture_file import load_picture

        return Visitors(
            settings.path,
            load_picture,
            lambda: open_fit(load_manifest(*resources.manifests())),
            hears=settings.hears,
            infrared=settings.infrared,
            width_px=settings.width_px,
            height_px=settings.height_px,
            rate_fps=settings.rate_fps,
        )
    if isinstance(settings, schema.VideoCamera):
        from edge.drivers.camera.video import VideoCamera

        return VideoCamera(settings.path, rate_fps=settings.rate_fps, **size)
    from edge.drivers.camera.pi import PiCamera

    return PiCamera(settings.number, rate_fps=settings.rate_fps, **size)


def make_door(settings: schema.GpioDoor | schema.SimulatedDoor) -> DoorPort:
    """The configured door, not opened yet."""
    if isinstance(settings, schema.SimulatedDoor):
        from edge.drivers.door.simulated import SimulatedDoorPort

        return SimulatedDoorPort(settings)
    from edge.drivers.door.gpio import GpioDoorPort

    return GpioDoorPort(settings)


def make_service(
    config: Config, runtime_dir: Path, submit: Callable[[Report], object], faults: FaultDesk
) -> Renewable[ServiceButtonWorker] | None:
    """Who watches the service button, where there is one."""
    settings = config.service
    if settings.button_pin < 0 and not settings.simulated:
        return None
    from edge.drivers.service.gpio import GpioServiceButton
    from edge.drivers.service.simulated import SimulatedServiceButton
    from edge.drivers.service.worker import ServiceButtonWorker, ServiceWindow

    window = ServiceWindow(runtime_dir, boot_id())

    def make(_last: ServiceButtonWorker | None) -> ServiceButtonWorker:
        button = SimulatedServiceButton() if settings.simulated else GpioServiceButton(settings)
        return ServiceButtonWorker(button, window, submit, faults)

    return Renewable(make)


def make_card_reader(settings: CardConfig, bridge: SimulatedBridge | None = None) -> CardReader:
    """The configured card reader, not opened yet. `bridge`: what a simulated one hears."""
    if isinstance(settings, SimulatedReaderConfig):
        from edge.drivers.card.simulated import SimulatedReader

        return SimulatedReader(settings, bridge)
    if isinstance(settings, OsdpReaderConfig):
        from edge.drivers.card.osdp import OsdpReader

        return OsdpReader(settings)
    if isinstance(settings, Pn532ReaderConfig):
        from edge.drivers.card.pn532 import Pn532Reader

        return Pn532Reader(settings)
    if isinstance(settings, WiegandReaderConfig):
        from edge.drivers.card.wiegand import WiegandReader

        return WiegandReader(settings)
    from edge.drivers.card.line import LineReader

    return LineReader(settings)


def make_keypad(settings: KeypadConfig, keys: ReaderKeys, visitor: TypingVisitor | None = None) -> Keypad:
    """The configured keypad, not opened yet. `keys`: those of the card reader. `visitor` types on a simulated one."""
    if isinstance(settings, SimulatedKeypadConfig):
        from edge.drivers.keypad.simulated import SimulatedKeypad

        return SimulatedKeypad(visitor)
    if isinstance(settings, ReaderKeypad):
        return keys
    if isinstance(settings, MatrixKeypadConfig):
        from edge.drivers.keypad.matrix import MatrixKeypad

        return MatrixKeypad(settings)
    from edge.drivers.keypad.line import LineKeypad

    return LineKeypad(settings)


def make_level_sensor(settings: LevelSensorConfig) -> LevelSensor:
    """The configured level sensor, not opened yet."""
    if isinstance(settings, SimulatedSensor):
        from edge.drivers.level.simulated import SimulatedLevelSensor

        return SimulatedLevelSensor(settings)
    if isinstance(settings, ModbusSensor):
        from edge.drivers.level.modbus import ModbusGauge

        return ModbusGauge(settings)
    if isinstance(settings, LaserSensor):
        from edge.drivers.level.laser import LaserRanger

        return LaserRanger(settings)
    if isinstance(settings, PulseSensor):
        from edge.drivers.level.pulse import PulseRanger

        return PulseRanger(settings)
    if isinstance(settings, ScaleSensor):
        from edge.drivers.level.scale import Scale

        return Scale(settings)
    from edge.drivers.level.ultrasonic import UltrasonicRanger

    return UltrasonicRanger(settings)


def make_station(station: Station, bins: Mapping[str, Bin]) -> StationPort:
    """The wires of the configured station, not opened yet."""
    if station.wiring.simulated:
        from edge.drivers.station.simulated import SimulatedStationPort

        return SimulatedStationPort(station, bins)
    from edge.drivers.station.gpio import GpioStationPort

    return GpioStationPort(station, bins)


def make_speaker(config: Config) -> Speaker:
    """The configured loudspeaker, not opened yet."""
    settings = config.speaker
    if isinstance(settings, schema.AplaySpeaker):
        from edge.drivers.speaker.aplay import AplaySpeaker

        return AplaySpeaker(settings.card)
    if isinstance(settings, schema.SimulatedSpeaker):
        from edge.drivers.speaker.simulated import SimulatedSpeaker

        return SimulatedSpeaker(config.store.state_dir / "spoken")
    from edge.drivers.speaker.silent import SilentSpeaker

    return SilentSpeaker()


def make_book(config: Config) -> PhraseBook:
    """The phrases in the configured languages. Raises ConfigError for a site's own table that does not hold."""
    station = config.station
    neighbours = station.neighbours if station else {}
    return load_book(
        config.speaker.languages,
        config.speaker.phrases,
        roles=config.device.roles,
        categories=tuple(dict.fromkeys(one.category for one in config.bins.values())) or CATEGORIES,
        names={name: one.name for name, one in neighbours.items()},
        ahead=[
            Speak("bin_full_other", values={"station": Term(name), "walk_m": round(one.walk_m)})
            for name, one in neighbours.items()
        ],
    )


def make_loudness(config: Config, clock: Clock) -> Loudness:
    """How loud the voice is at which hour."""
    speaker = config.speaker
    return Loudness(
        speaker.volume_percent,
        speaker.quiet_volume_percent,
        [parse_interval(text) for text in speaker.quiet],
        clock=clock,
        zone=ZoneInfo(config.device.timezone),
    )


def make_broker(settings: schema.Uplink) -> Broker:
    """How to reach the broker."""
    return Broker(
        host=settings.host,
        port=settings.port,
        tls=settings.tls,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password_file=settings.password_file,
        window=settings.window,
    )


def check_office(config: Config) -> None:
    """Look at what the schema cannot: the key files, and whether events of the types in [pictures] exist. Raises
    ConfigError for the first that does not hold.
    """
    from edge.contract.catalogue import CATALOGUE

    for name in config.pictures.of:
        if name not in CATALOGUE:
            close = difflib.get_close_matches(name, CATALOGUE, n=1)
            hint = f"did you mean {close[0]}?" if close else "docs/events.md lists them"
            raise ConfigError(f"[pictures] of: there is no event {name!r}", hint=hint)
    for file in (*config.office.keys.values(), *filter(None, [config.uplink.sink_key_file])):
        read_signer(file)
    for recipient in (config.office.sealing_key_file, config.office.supervision_key_file):
        if recipient is not None:
            read_recipient(recipient)


def check_station(config: Config) -> None:
    """Look at what the schema cannot: the sorting rules, the bins' measures, the clean picture. Raises EdgeError."""
    if config.station is None:
        return
    from edge import resources
    from edge.waste.levels import LevelRules
    from edge.waste.sorting import load_rules

    load_rules(config.station.sorting or resources.sorting())
    for name, one in config.bins.items():
        LevelRules(name, one, config.device.timezone, config.station.holidays)
    make_scene(config.station, config.bins)


def check_credentials(config: Config) -> None:
    """Look at what the schema cannot: the card readers' keys. Raises HardwareError, DataError."""
    for reader in config.readers.values():
        if isinstance(reader, OsdpReaderConfig):
            from edge.drivers.card.osdp_key import read_key

            read_key(reader.key_file)


def make_scene(station: Station, bins: Mapping[str, Bin]) -> SceneWatch | None:
    """Who compares the station with its clean picture; nobody without one. Raises DataError where it cannot be used."""
    if station.reference is None:
        return None
    from edge.vision.picture_file import load_picture
    from edge.vision.scene import SceneWatch

    zones = {"floor": station.floor_zone, **{name: one.rim_zone for name, one in bins.items()}}
    return SceneWatch(load_picture(station.reference), {name: area for name, area in zones.items() if area})


def make_clips(
    config: Config,
    station: Station,
    manifest: Manifest,
    newest: Callable[[], Frame | None],
    submit: Callable[[Report, Now], object],
    clock: Clock,
    faults: FaultDesk,
) -> Renewable[ClipWorker] | None:
    """Who keeps clips for supervision; nobody where the office has given no key to seal them to."""
    if config.office.sealing_key_file is None:
        return None
    from edge.drivers.camera.clip import ClipWorker
    from edge.drivers.camera.snapshot import about
    from edge.vision.blur import open_face_blur

    bound_to = about(f"/{config.device.site}/{config.device.id}")
    office = read_recipient(config.office.sealing_key_file)
    supervision = config.office.supervision_key_file
    entitled = read_recipient(supervision) if supervision else None
    return Renewable(
        lambda _last: ClipWorker(
            newest,
            lambda: open_face_blur(manifest),
            lambda jpeg: seal_to(office, jpeg, bound_to),
            submit,
            clock,
            faults.fault,
            faults.recovered,
            keep_days=station.keep_clips_days,
            width_px=config.pictures.width_px,
            quality=config.pictures.quality,
            seal_original=(lambda jpeg: seal_to(entitled, jpeg, bound_to)) if entitled else None,
        )
    )


def make_snapshots(
    config: Config, newest: Callable[[], Frame | None], submit: Callable[[Report, Now], object], clock: Clock
) -> Renewable[SnapshotWorker] | None:
    """Who takes pictures; nobody where the office has given no key to seal them to."""
    if config.office.sealing_key_file is None:
        return None
    from edge.drivers.camera.snapshot import SnapshotWorker, about

    recipient = read_recipient(config.office.sealing_key_file)
    bound_to = about(f"/{config.device.site}/{config.device.id}")
    return Renewable(
        lambda _last: SnapshotWorker(
            newest,
            lambda jpeg: seal_to(recipient, jpeg, bound_to),
            submit,
            clock,
            width_px=config.pictures.width_px,
            quality=config.pictures.quality,
            after=config.pictures.of,
        )
    )
