"""The device's configuration as its description makes it, and the files that the configuration names.

It is checked here by the rules of `edge check`, as if it lay where the device will find it: a mistake costs a line at
the desk and not a journey.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.config import check_table
from edge.errors import ConfigError, DataError
from edge.install.conversion.manifest_toml import dumps
from edge.install.provision.description import HARDWARE, Described

ETC = Path("/etc/edge")
CERTIFICATE, TLS_KEY = "device.pem", "device.key"
CREDENTIAL = "/run/credentials/edge.service/uplink.key"
"""Where the service finds the key: systemd reads it as root and shows it to the service alone."""
_MOST_BYTES = 4 << 20


def configuration(described: Described) -> str:
    """The text of edge.toml. Raises ConfigError with every mistake in the `[hardware]` tables."""
    table = _tables(described)
    _, problems = check_table(table, ETC)
    if problems:
        told = [f"{described.where}: {_shown(key)}: {what}" for key, what in problems]
        raise ConfigError("\n".join(told), hint=f"{len(told)} to mend; docs/configuration.md lists every key")
    return dumps(table)


def carried(described: Described) -> dict[str, bytes]:
    """The files below /etc/edge, by their path from there. Raises ConfigError, and DataError for a private key."""
    one = described.description
    wanted = {Path(place).relative_to(ETC).as_posix(): file for place, file in one.files.items()}
    if one.broker.ca_file is not None:
        wanted["ca.pem"] = one.broker.ca_file
    wanted |= {f"office/{name}.pem": file for name, file in one.office.keys.items()}
    for name in ("sealing", "supervision"):
        if (file := getattr(one.office, f"{name}_key_file")) is not None:
            wanted[f"office-{name}.pem"] = file
    files = {name: _read(file) for name, file in sorted(wanted.items())}
    for name in ("edge.toml", CERTIFICATE, TLS_KEY):
        if name in files:
            raise ConfigError(f"{described.where}: files: /etc/edge/{name} is made elsewhere", hint="leave it out")
    return {"edge.toml": configuration(described).encode(), **files}


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read: {error.strerror}", hint="paths count from the description"
        ) from error
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{file}: larger than {_MOST_BYTES >> 20} MiB", hint="this is no file of a configuration")
    if b"PRIVATE KEY-----" in content:
        raise DataError(
            f"{file} is a private key, and a card gets lost", hint="the device makes its own; give the public half here"
        )
    return content


def _tables(described: Described) -> dict[str, Any]:
    one = described.description
    device = {"id": one.device.id, "site": one.device.site, "roles": list(one.device.roles)}
    uplink: dict[str, Any] = {"host": one.broker.host, "port": one.broker.port, "tls": one.broker.tls}
    if one.broker.tls:
        uplink |= {"ca_file": str(ETC / "ca.pem"), "cert_file": str(ETC / CERTIFICATE), "key_file": CREDENTIAL}
        uplink["registration_port"] = one.broker.registration_port
    office: dict[str, Any] = {"two_person": one.office.two_person, "zone": one.office.zone}
    for name in ("sealing", "supervision"):
        if getattr(one.office, f"{name}_key_file") is not None:
            office[f"{name}_key_file"] = str(ETC / f"office-{name}.pem")
    office["keys"] = {name: str(ETC / f"office/{name}.pem") for name in one.office.keys}
    return {
        "device": {**device, "timezone": one.device.timezone},
        "uplink": uplink,
        "office": office,
        **described.hardware,
    }


def _shown(key: tuple[str, ...]) -> str:
    """Where the key stands in the description."""
    first = key[0] if key else ""
    own = {"device": ("device",), "uplink": ("broker",), "office": ("office",), "": ("hardware",)}
    return ".".join((*own.get(first, (HARDWARE, first)), *key[1:]))
