"""Configuration: one TOML file per device in, one frozen `Config` out, or all its mistakes at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.config.access import access_problems
from edge.config.check import Key, Problems, from_folder, read_table
from edge.config.credentials import credential_problems, ports_of
from edge.config.lines import key_lines, line_of
from edge.config.pins import door_problems, lid_problems, pin_problems
from edge.config.schema import Config
from edge.config.sensors import LevelSensorConfig, sensor_problems
from edge.errors import ConfigError

__all__ = ["Config", "check_table", "load_config", "read_file"]

_MAX_BYTES = 1 << 20


def load_config(path: Path) -> Config:
    """Read and check the file. Relative paths in it count from the file's own folder.

    Raises ConfigError whose message has one line `file:line: key: what is wrong` per mistake.
    """
    text, table = read_file(path)
    config, problems = check_table(table, path.absolute().parent)
    if config is None:
        lines = key_lines(text)
        found = sorted((line_of(lines, key), ".".join(key) or "file", what) for key, what in problems)
        listing = "\n".join(f"{path}:{line}: {key}: {what}" for line, key, what in found)
        raise ConfigError(listing, hint=f"{len(found)} to mend; docs/configuration.md lists every key")
    return config


def read_file(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a TOML file, and its tables, not checked. Raises ConfigError."""
    try:
        data = path.read_bytes()
        text = data[:_MAX_BYTES].decode()
        if len(data) > _MAX_BYTES:
            raise ConfigError(f"{path}: larger than 1 MiB", hint="this is no configuration file")
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="give the file with --config") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text", hint="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}", hint="text needs quotes, tables need [brackets]") from error
    return text, table


def check_table(table: Mapping[str, Any], folder: Path) -> tuple[Config | None, Problems]:
    """The configuration that the tables make, relative paths counted from `folder`; or None, and every problem."""
    problems: Problems = []
    config = read_table(Config, table, (), problems)
    if not problems:
        assert isinstance(config, Config)
        problems.extend(_together(config))
    if problems:
        return None, problems
    resolved: Config = from_folder(config, folder)
    return resolved, []


def _together(config: Config) -> Problems:
    """What no single value can tell."""
    problems: Problems = []
    if config.lock.held_alarm_s <= config.lock.held_warning_s:
        problems.append((("lock", "held_alarm_s"), "must be later than held_warning_s"))
    if not config.face.zone:
        problems.append((("face", "zone"), "is empty; leave it out for the whole picture"))
    problems.extend((("face", field), what) for field, what in _areas(config.face, ("zone",)))
    problems.extend(access_problems(config.access))
    if config.access.passback == "hard" and config.card_inside is None:
        problems.append((("access", "passback"), "'hard' needs a reader [card_inside], or nobody comes in twice"))
    problems.extend(_roles(config))
    if not config.speaker.languages and config.speaker.driver != "silent":
        problems.append((("speaker", "languages"), "name at least one language"))
    if (config.uplink.cert_file is None) != (config.uplink.key_file is None):
        problems.append((("uplink",), "cert_file and key_file go together"))
    if config.uplink.username and not config.uplink.tls and config.uplink.host not in ("127.0.0.1", "localhost", "::1"):
        problems.append((("uplink", "tls"), "a password would cross the network in the clear; set tls = true"))
    if config.uplink.delivery == "confirmed" and config.uplink.sink_key_file is None:
        problems.append((("uplink", "sink_key_file"), "delivery = 'confirmed' needs the public key of the sink"))
    if config.pictures.of and config.office.sealing_key_file is None:
        problems.append((("office", "sealing_key_file"), "pictures need the office's key to be sealed to"))
    if config.office.supervision_key_file is not None and config.office.sealing_key_file is None:
        problems.append((("office", "supervision_key_file"), "goes with sealing_key_file, the office's own key"))
    if config.office.two_person and len(config.office.keys) < 2:
        problems.append((("office", "keys"), "two_person needs the keys of two people"))
    problems.extend(pin_problems(config))
    problems.extend(door_problems(config))
    problems.extend(lid_problems(config))
    problems.extend(_sensors(config))
    problems.extend(credential_problems(config.readers, config.keypad))
    problems.extend(_shared_ports(config))
    return problems


def _shared_ports(config: Config) -> Problems:
    """A card reader or keypad at the port of a level sensor."""
    taken = {getattr(sensor, "port", None) for one in config.bins.values() for sensor in one.sensors.values()}
    return [
        (key, "is that of a level sensor") for key, port in ports_of(config.readers, config.keypad) if port in taken
    ]


def _roles(config: Config) -> Problems:
    """Each role has its tables, and no table stands there for a role that the device does not have."""
    problems: Problems = []
    roles = config.device.roles
    if not roles or len(set(roles)) != len(roles):
        problems.append((("device", "roles"), "name each role once, and at least one"))
    if "gate" in roles:
        problems.extend(
            ((), f"the role gate needs a table [{name}]") for name in ("camera", "door") if not getattr(config, name)
        )
    elif config.door is not None:
        problems.append((("door",), "only a gate has a door; add 'gate' to the roles, or take the table out"))
    if "gate" not in roles:
        problems.extend(
            ((name,), "only a gate asks for it; add 'gate' to the roles, or take the table out")
            for name in ("second_camera", "card", "card_inside", "keypad")
            if getattr(config, name) is not None
        )
    if config.liveness.infrared and config.second_camera is None:
        problems.append((("liveness", "infrared"), "there is no [second_camera] that could see infrared"))
    if "bin" in roles:
        if config.station is None:
            problems.append(((), "the role bin needs a table [station]"))
        if not config.bins:
            problems.append(((), "the role bin needs at least one table [bins.<name>]"))
        problems.extend(_bins(config))
    elif config.bins or config.station is not None:
        table = "bins" if config.bins else "station"
        problems.append(((table,), "only the role bin has this table; add 'bin' to the roles, or take it out"))
    return problems


def _bins(config: Config) -> Problems:
    problems: Problems = []
    for name, one in config.bins.items():
        key = ("bins", name)
        if name == "floor":
            problems.append((key, "means the ground before the bins; choose another name"))
        if one.full_mm >= one.empty_mm:
            problems.append(((*key, "full_mm"), "a full bin is nearer to the sensor than an empty one"))
        if one.full_g <= one.empty_g:
            problems.append(((*key, "full_g"), "a full bin is heavier than an empty one"))
        if not one.nearly_full_percent < one.full_percent < one.overflow_percent:
            problems.append(((*key, "full_percent"), "should lie between nearly_full_percent and overflow_percent"))
        problems.extend(((*key, field), what) for field, what in _areas(one, ("opening", "rim_zone")))
    if (station := config.station) is not None:
        problems.extend((("station", field), what) for field, what in _areas(station, ("item_zone", "floor_zone")))
        categories = {one.category for one in config.bins.values()}
        problems.extend(
            (("station", "hours", name), "no bin has this category") for name in station.hours if name not in categories
        )
    return problems


def _areas(table: object, fields: tuple[str, ...]) -> list[tuple[str, str]]:
    """What is wrong with parts of a picture that are given as fractions."""
    wrong = "should be four fractions: left < right, top < bottom"
    areas = {field: getattr(table, field) for field in fields}
    return [
        (field, wrong)
        for field, area in areas.items()
        if area and not (len(area) == 4 and area[0] < area[2] and area[1] < area[3])
    ]


def _sensors(config: Config) -> Problems:
    """What the level sensors of all bins say against one another."""
    sensors: dict[Key, LevelSensorConfig] = {
        ("bins", name, "sensors", sensor): settings
        for name, one in config.bins.items()
        for sensor, settings in one.sensors.items()
    }
    return sensor_problems(sensors)
