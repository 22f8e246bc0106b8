"""Configuration: one TOML file per device in, one frozen `Config` out, or all its mistakes at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.config.check import Problems, from_folder, read_table
from edge.config.lines import key_lines, line_of
from edge.config.pins import lid_problems, pin_problems
from edge.config.schema import Config
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
    zone = config.face.zone
    if len(zone) != 4 or not (zone[0] < zone[2] and zone[1] < zone[3]):
        problems.append((("face", "zone"), "should be four fractions: left < right, top < bottom"))
    for group, names in config.access.groups.items():
        problems.extend(
            (("access", "groups", group), f"no such schedule '{name}' under [access.schedules]")
            for name in names
            if name not in config.access.schedules
        )
    if not config.device.roles:
        problems.append((("device", "roles"), "name at least one role"))
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
    if config.office.two_person and len(config.office.keys) < 2:
        problems.append((("office", "keys"), "two_person needs the keys of two people"))
    problems.extend(pin_problems(config))
    problems.extend(lid_problems(config))
    return problems
