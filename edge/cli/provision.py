"""`edge provision, registration …`: what goes onto the cards of new devices, and what comes back from them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edge.cli import registrar
from edge.cli.common import Subparsers, emit
from edge.errors import UsageError

LIFE_DAYS, MOST_LIFE_DAYS = 7, 30
"""From flashing to the office's acceptance: a card waits a few days for its installer."""


def register(commands: Subparsers) -> None:
    """Add `provision` and `registration`."""
    text = "the files of a new device's card, from its description"
    parser = commands.add_parser("provision", help=text, description=text)
    parser.add_argument("description", type=Path, metavar="FILE", help="the device's description (TOML)")
    parser.add_argument("--table", type=Path, metavar="FILE", help="CSV with a line for each of many devices")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the office's private key")
    parser.add_argument("--kid", required=True, metavar="NAME", help="the name of that key")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="writes DIR/SITE/DEVICE")
    parser.add_argument(
        "--days",
        type=_days,
        default=LIFE_DAYS,
        metavar="N",
        help=f"the token holds ({LIFE_DAYS}; {MOST_LIFE_DAYS} at most)",
    )
    parser.add_argument("--check", action="store_true", help="look for mistakes and write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run_provision)
    group = commands.add_parser("registration", help="requests of new devices")
    kinds = group.add_subparsers(dest="registration_command", required=True, metavar="COMMAND")
    text = "judge a new device's request, and take its public keys"
    accept = kinds.add_parser("accept", help=text, description=text)
    accept.add_argument("request", type=Path, metavar="FILE", help="registration.request of the device")
    accept.add_argument("--public", type=Path, required=True, metavar="FILE", help="the office's public key")
    accept.add_argument("--kid", required=True, metavar="NAME", help="the name of that key")
    accept.add_argument("--book", type=Path, required=True, metavar="DIR", help="where used tokens are remembered")
    accept.add_argument("--out", type=Path, required=True, metavar="DIR", help="writes DIR/SITE/DEVICE.…")
    accept.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    accept.set_defaults(run=run_accept)
    registrar.register(kinds)


def run_provision(args: argparse.Namespace) -> int:
    """All devices, or none: everything is rendered before anything is written."""
    from edge.clock import SystemClock
    from edge.commands.sign import read_signer_key
    from edge.install.provision.card import Office, render, write_folder
    from edge.install.provision.description import load
    from edge.install.provision.table import load_many

    described = [load(args.description)] if args.table is None else load_many(args.description, args.table)
    office = Office(args.kid, read_signer_key(args.key), args.days)
    now_s = SystemClock()().wall_us // 1_000_000
    devices = [one.description.device for one in described]
    places = [args.out / one.site / one.id for one in devices]
    if taken := [place for place in places if place.exists()]:
        raise UsageError(f"{taken[0]} exists already", hint="remove it if the card shall be made anew")
    made = [render(one, office, now_s) for one in described]
    if not args.check:
        places = [write_folder(one, args.out) for one in made]
    found: list[dict[str, Any]] = [
        {
            "device": one.about.name,
            "release": one.about.release,
            "folder": None if args.check else str(place),
            "files": sorted(one.files),
            "token": one.about.number,
            "expires": one.about.expires,
        }
        for one, place in zip(made, places, strict=True)
    ]
    lines = [f"{one['device']}: {one['folder'] or 'holds'}" for one in found]
    emit(args, {"devices": found}, "\n".join(lines))
    return 0


def run_accept(args: argparse.Namespace) -> int:
    """Exit code 4 when the request does not hold."""
    from edge.clock import SystemClock
    from edge.errors import HardwareError
    from edge.install.registering.desk import file_keys
    from edge.install.registration import accept
    from edge.store.identity import read_signer

    try:
        request = args.request.read_bytes()
    except OSError as error:
        raise HardwareError(f"{args.request}: cannot be read: {error.strerror}", hint="check the path") from error
    office = {args.kid: read_signer(args.public)}
    known = accept(request, office, args.book, SystemClock()().wall_us // 1_000_000)
    places = file_keys(known, args.out)
    paths = {end.strip(".").replace(".", "_"): str(place) for end, place in places.items()}
    text = "\n".join([f"{known.device} is registered", *paths.values()])
    emit(args, {"device": known.device, "token": known.number, **paths}, text)
    return 0


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= MOST_LIFE_DAYS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_LIFE_DAYS} days")
    return days
