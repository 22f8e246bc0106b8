"""What the office writes down about a device before there is a card: one TOML file, checked like a configuration.

`[device]` and `[broker]` become tables of the device's own configuration, `[hardware.…]` is that configuration's other
tables word for word. What belongs to the operating system stands in `[system]`, `[network]` and `[wifi]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from edge.config import read_file
from edge.config.check import Between, Check, Problems, from_folder, read_table
from edge.config.lines import key_lines, line_of
from edge.config.schema import Device
from edge.errors import ConfigError

HARDWARE = "hardware"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANG = re.compile(r"[a-z]{2,3}_[A-Z]{2}\.UTF-8")
_KEYMAP = re.compile(r"[a-z]{2,12}")
_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/=]{40,2000}( [A-Za-z0-9@._ -]{0,100})?")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,250}[A-Za-z0-9])?")
_INSIDE = re.compile(r"/etc/edge/[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,2}")


def _like(form: re.Pattern[str], example: str) -> Check:
    return Check(lambda text: "" if form.fullmatch(text) else f"{text!r} should be like {example}")


def _address(text: str) -> str:
    import ipaddress

    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return f"{text!r} should be like 192.168.1.50/24"
    return "" if "/" in text else f"{text!r} lacks the length of the network, like /24"


def _plain_address(text: str) -> str:
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return f"{text!r} should be an address like 192.168.1.1"
    return ""


def _ssid(text: str) -> str:
    return "" if 1 <= len(text.encode()) <= 32 and text.isprintable() else "should be 1 to 32 bytes"  # IEEE 802.11


def _secret(text: str) -> str:
    good = text.isascii() and text.isprintable() and 8 <= len(text) <= 63
    return "" if good else "should be 8 to 63 letters of ASCII, a WPA passphrase"  # IEEE 802.11-2020, annex J.4


@dataclass(frozen=True, slots=True)
class System:
    """`release`: of Raspberry Pi OS; `preseed` for an image that reads rpi-preseed.toml. `country`: whose radio rules
    hold. `ssh_keys`: who may log in as `installer`; with none, nobody can.
    """

    release: Literal["trixie", "bookworm", "preseed"] = "trixie"
    lang: Annotated[str, _like(_LANG, "en_GB.UTF-8")] = "en_GB.UTF-8"
    keymap: Annotated[str, _like(_KEYMAP, "gb")] = "us"
    country: Annotated[str, _like(_COUNTRY, "CN")] = "CN"
    ssh_keys: tuple[Annotated[str, _like(_KEY, "'ssh-ed25519 AAAA… name'")], ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """The cable. No `address`: by DHCP."""

    address: Annotated[str, Check(_address)] | None = None
    gateway: Annotated[str, Check(_plain_address)] | None = None
    dns: tuple[Annotated[str, Check(_plain_address)], ...] = ()


@dataclass(frozen=True, slots=True)
class Wifi:
    """A network with WPA2. Only the key that is derived from `password` goes onto the card, and is removed from it."""

    ssid: Annotated[str, Check(_ssid)]
    password: Annotated[str, Check(_secret)]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class BrokerOf:
    """The central broker. The device shows a certificate of its own, which the office makes after the first boot: it
    asks for it at `registration_port`; 0: somebody carries it.
    """

    host: Annotated[str, _like(_HOST, "broker.example")]
    ca_file: Path | None = None
    port: Annotated[int, Between(1, 65535)] = 8883
    registration_port: Annotated[int, Between(0, 65535)] = 8885
    tls: bool = True


@dataclass(frozen=True, slots=True)
class OfficeOf:
    """Public keys of the office, as files beside the description: they go along."""

    keys: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    sealing_key_file: Path | None = None
    supervision_key_file: Path | None = None
    two_person: bool = False
    zone: str = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One device. `files`: further files that go along, by the place below /etc/edge where the device wants them."""

    device: Device
    broker: BrokerOf
    system: System = System()
    network: Network = Network()
    wifi: Wifi | None = None
    office: OfficeOf = field(default_factory=OfficeOf)
    files: Mapping[Annotated[str, _like(_INSIDE, "/etc/edge/phrases/cmn.toml")], Path] = field(
        default_factory=lambda: MappingProxyType({})
    )


@dataclass(frozen=True, slots=True)
class Described:
    """A description, and the `[hardware]` tables as they were written; `where` is told in errors."""

    description: Description
    hardware: Mapping[str, Any]
    where: str


def load(path: Path) -> Described:
    """Read one description. Raises ConfigError with a line for each mistake."""
    text, table = read_file(path)
    lines = key_lines(text)
    return describe(table, path.absolute().parent, str(path), lambda key: f"{path}:{line_of(lines, key)}")


def describe(table: Mapping[str, Any], folder: Path, where: str, place: Any = None) -> Described:
    """The description that the tables make, relative paths counted from `folder`. Raises ConfigError."""
    problems: Problems = []
    rest = {name: value for name, value in table.items() if name != HARDWARE}
    hardware = table.get(HARDWARE, {})
    if not isinstance(hardware, dict):
        problems.append(((HARDWARE,), "should be tables, like [hardware.camera]"))
    description = read_table(Description, rest, (), problems)
    if not problems:
        problems.extend(_together(description, hardware))
    if problems:
        listing = [f"{place(key) if place else where}: {'.'.join(key) or 'file'}: {what}" for key, what in problems]
        raise ConfigError("\n".join(sorted(listing)), hint=f"{len(listing)} to mend; docs/install.md has an example")
    return Described(from_folder(description, folder), hardware, where)


def _together(description: Description, hardware: Mapping[str, Any]) -> Problems:
    """What no single value can tell."""
    problems: Problems = []
    device, network = description.device, description.network
    if not _LABEL.fullmatch(device.id):
        problems.append((("device", "id"), f"{device.id!r} is also the name in the network: it cannot end with '-'"))
    if network.gateway and not network.address:
        problems.append((("network", "gateway"), "goes with an address"))
    if description.broker.tls and description.broker.ca_file is None:
        problems.append((("broker", "ca_file"), "is missing: whose certificate should the device trust?"))
    for name in ("device", "uplink", "office"):
        if name in hardware:
            other = {"uplink": "broker"}.get(name, name)
            problems.append(((HARDWARE, name), f"belongs into [{other}], outside of hardware"))
    return problems
