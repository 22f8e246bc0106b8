"""`edge pictures open`: for the office, which alone can read the pictures that its devices send."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from edge.cli.common import Subparsers, emit
from edge.cli.pictures_reveal import reason_of, write_down
from edge.errors import ConfigError, DataError, UsageError

_MOST_BYTES = 1 << 20  # an event with a picture has a third of it
_STREAM = Path("-")


def register(commands: Subparsers) -> None:
    """Add `pictures` with its subcommand."""
    pictures = commands.add_parser("pictures", help="open the pictures that devices send")
    kinds = pictures.add_subparsers(dest="pictures_command", required=True, metavar="COMMAND")
    text = "write the picture of a picture.taken or waste.clip event as JPEG"
    parser = kinds.add_parser("open", help=text, description=text)
    parser.add_argument("event", type=Path, metavar="EVENT.json", help='the event as it was received; "-": read it')
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the private key it was sealed to")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help='a new file; "-": standard output')
    parser.add_argument("--reveal", action="store_true", help="a clip as it was taken, with the key of supervision")
    parser.add_argument("--reason", metavar="TEXT", help="why faces are looked at; it is written down beside FILE")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run_open)


def run_open(args: argparse.Namespace) -> int:
    """Exit code 4 for an event that is none, or was altered, or is sealed to another key."""
    from edge.store.keys import write_new

    if args.json and args.out == _STREAM:
        raise UsageError("--json and --out - exclude each other", hint="name a file")
    reason = reason_of(args)
    event = _read(args.event)
    picture = open_picture(event, _private_key(args.key), reveal=reason is not None)
    if args.out == _STREAM:
        sys.stdout.buffer.write(picture)
        sys.stdout.buffer.flush()
        return 0
    if reason is not None and not args.out.exists():
        write_down(args.out, event["id"], reason)
    if not write_new(args.out, picture):
        raise UsageError(f"{args.out} exists already", hint="name a new file")
    found = {"file": str(args.out), "bytes": len(picture), **{name: event.get(name) for name in ("source", "time")}}
    emit(args, {**found, "of": event["data"]["of"]}, f"{args.out}: {event['source']} at {event['time']}")
    return 0


def open_picture(event: dict[str, Any], key: Any, *, reveal: bool = False) -> bytes:
    """The JPEG in a `picture.taken` or `waste.clip` event; `reveal`: a clip's frame as it was taken.

    Raises DataError.
    """
    import base64
    import hashlib

    from edge.drivers.camera.clip import CLIP, about_original
    from edge.drivers.camera.snapshot import MEDIA, TAKEN, about
    from edge.store.identity import open_sealed

    prefix, bound_to = ("original_", about_original) if reveal else ("", about)
    try:
        data = event["data"]
        if event["type"] not in (TAKEN, CLIP) or data["media"] != MEDIA or not isinstance(data["of"], str):
            raise DataError(f"this event is no {TAKEN} and no {CLIP}", hint="give one event, as it was received")
        if reveal and not isinstance(event["id"], str):
            raise DataError("the event has no id", hint="give one event, as it was received")
        if reveal and "original_sealed" not in data:
            raise DataError("there is no unblurred picture in it", hint="see [office] supervision_key_file")
        source, sealed = str(event["source"]), base64.b64decode(data[f"{prefix}sealed"], validate=True)
        if hashlib.sha256(sealed).hexdigest() != data[f"{prefix}sha256"] or "time" not in event:
            raise DataError("the picture was altered on its way", hint="its sha256 does not fit")
    except (LookupError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"this is no {TAKEN} or {CLIP} event", hint="give one event, as it was received") from error
    return open_sealed(key, sealed, bound_to(source))


def _read(path: Path) -> dict[str, Any]:
    try:
        with sys.stdin.buffer if path == _STREAM else path.open("rb") as stream:
            event = json.loads(stream.read(_MOST_BYTES))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="check the path") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON", hint="give one event, as it was received") from error
    if not isinstance(event, dict):
        raise DataError(f"{path} is no event", hint="give one event, as it was received")
    return event


def _private_key(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="check the path and the owner") from error
    except (ValueError, TypeError) as error:  # TypeError: it has a password
        raise ConfigError(f"{path}: no private key in PEM", hint="`edge keys make --kind sealing` makes one") from error
    if not isinstance(key, X25519PrivateKey):
        raise ConfigError(f"{path}: no X25519 private key", hint="`edge keys make --kind sealing` makes one")
    return key
