"""`edge config show, sign`: the configuration in force and where it comes from; a signed one for a device."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.broker_options import add_broker_options
from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.config import Config
    from edge.config.effective import Effective


def register(commands: Subparsers) -> None:
    """Add `config` and its subcommands."""
    config = commands.add_parser("config", help="the configuration in force; a signed one for a device")
    below = config.add_subparsers(dest="config_command", required=True, metavar="COMMAND")
    text = "the configuration that the device runs with, and what of it came from afar"
    show = below.add_parser("show", help=text, description=text)
    show.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
    show.set_defaults(run=run_show)
    text = "sign an overlay for a device, and print or publish it"
    sign = below.add_parser("sign", help=text, description=text)
    sign.add_argument("overlay", type=Path, metavar="OVERLAY", help="a TOML file with the keys that are to differ")
    sign.add_argument("--device", required=True, metavar="SITE/DEVICE", help="whom it is for")
    sign.add_argument("--version", required=True, type=int, metavar="N", help="higher than any before")
    sign.add_argument("--key", required=True, type=Path, metavar="FILE", help="the private key to sign with")
    sign.add_argument("--kid", required=True, metavar="NAME", help="how the device knows it: its name in [office] keys")
    add_broker_options(sign, "where to publish it; without it the token is printed")
    sign.set_defaults(run=run_sign)
    for parser in (show, sign):
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def run_show(args: argparse.Namespace) -> int:
    """Exit code 1 when an overlay that is remembered is not used."""
    from edge.config.desired import digest
    from edge.config.effective import load_effective

    found = load_effective(args.config, starting=False)
    config = _tables(found.config)
    differs = _differs(found)
    standing = found.standing
    version = standing.in_force.version if standing.in_force and not found.fault else 0
    result = {
        "version": version,
        "status": standing.status,
        "problems": list(standing.problems),
        "fault": found.fault,
        "digest": digest(found.config),
        "config": config,
        "differs": differs,
    }
    lines = [f"{table}.{key} = {value!r}" for table, keys in config.items() for key, value in keys.items()]
    from_afar = {f"{one['key']} = {one['value']!r}": one["file"] for one in differs}
    text = [
        f"{line}    (version {version}; the file: {from_afar[line]!r})" if line in from_afar else line for line in lines
    ]
    text.append(f"version {version}, {standing.status}" + (f": {found.fault}" if found.fault else ""))
    text += [f"  {problem}" for problem in standing.problems]
    emit(args, result, "\n".join(text))
    return 1 if found.fault else 0


def _differs(found: Effective) -> list[dict[str, Any]]:
    """Each value that is not the file's (or its default), and what it would be there."""
    now, file = _tables(found.config), _tables(found.base.config)
    return [
        {"key": f"{table}.{key}", "value": value, "file": file.get(table, {}).get(key)}
        for table, keys in now.items()
        for key, value in keys.items()
        if value != file.get(table, {}).get(key)
    ]


def _tables(config: Config) -> dict[str, dict[str, Any]]:
    """The tables that this device has, as JSON values."""
    from edge.config.desired import as_json

    return {name: keys for name, keys in as_json(config).items() if keys is not None}


def run_sign(args: argparse.Namespace) -> int:
    """Refuses what no device would take; whether the rest fits the device's own file, only the device can tell."""
    import json
    import time

    from edge import tokens
    from edge.commands.sign import read_signer_key
    from edge.config import read_file
    from edge.config.desired import Desired, as_json, forbidden

    if args.device.count("/") != 1:
        raise UsageError(f"--device {args.device} is no device", hint="write it like willow-court/gate-1")
    _, tables = read_file(args.overlay)
    desired = Desired(args.version, tables)
    if problems := [".".join(key) for key, _ in forbidden(desired.tables)]:
        raise UsageError(f"set on the device alone: {', '.join(problems)}", hint="leave them out")
    claims = {
        "aud": args.device,
        "version": desired.version,
        "config": as_json(desired.tables),
        "iat": int(time.time()),
    }
    try:
        json.dumps(claims, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{args.overlay}: {error}", hint="dates and nan are no values of a configuration") from error
    token = tokens.sign(claims, "edge-config", args.kid, read_signer_key(args.key))
    topic = f"edge/v1/{args.device}/config/desired"
    if args.broker:
        from edge.cli.broker_options import broker_of
        from edge.cli.office import OfficeLine

        with OfficeLine(broker_of(args)) as line:
            line.publish(topic, token.encode(), retain=True)
    result = {"topic": topic, "version": desired.version, "published": bool(args.broker), "token": token}
    emit(args, result, f"version {desired.version} is published on {topic}" if args.broker else token)
    return 0
