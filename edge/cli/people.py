"""`edge people …`: the property office's commands. Only the words of the command line stand here."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli import people_ways
from edge.cli.common import State, Subparsers, add_common

if TYPE_CHECKING:
    from edge.drivers.camera import Camera
    from edge.drivers.card import CardReader
    from edge.people.describe import FaceDescriber, Limits

CONSENT_TEXT = "edge-1"
"""The version of the consent text in docs/people.md."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the commands need of the device, made when it is needed.

    `open_describer`: the vision part, and its limits for a number of people. `open_camera`: the configured camera,
    not opened yet. `model_id`, `limits`: of the embedding network in use, without loading it. `open_card_reader`: the
    configured reader, not opened yet.
    """

    open_describer: Callable[[State], tuple[FaceDescriber, Callable[[int], Limits]]]
    open_camera: Callable[[State], Camera]
    model_id: Callable[[State], str]
    limits: Callable[[State], Callable[[int], Limits]]
    open_card_reader: Callable[[State], CardReader]


def register(subparsers: Subparsers, parts: Parts) -> None:
    """Add `people` and its subcommands; each sets `run`, a function from the arguments to the exit code."""
    people = subparsers.add_parser("people", help="enrol, list, revoke and erase residents")
    commands = people.add_subparsers(dest="people_command", required=True, metavar="COMMAND")

    def add(name: str, text: str, module: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=text, description=text)
        add_common(parser)
        parser.set_defaults(run=partial(_run, module, name, parts))
        return parser

    _enroll(add("enroll", "enrol somebody from pictures, a folder of people, or the camera", "people_enroll"))
    _add(add("add", "somebody who comes by card or PIN, without pictures", "people_credentials"))
    add("list", "everybody on the roster", "people_records")
    _one(add("show", "one person, with the consent receipt", "people_records"))
    _change(add("change", "name, groups, schedules, dates or note of a person", "people_records"))
    _revoke(add("revoke", "refuse somebody from now on, and keep the record", "people_records"))
    _erase(add("erase", "destroy everything stored about somebody, and prove it", "people_records"))
    _export(add("export", "a copy for the person to read, or a sealed one for another device", "people_transfer"))
    _import(add("import", "take over people from a sealed export", "people_transfer"))
    people_ways.register(commands, lambda name: partial(_run, "people_credentials", name, parts))


def _run(module: str, command: str, parts: Parts, args: argparse.Namespace) -> int:
    handler = getattr(import_module(f"edge.cli.{module}"), f"run_{command}")
    code: int = handler(args, parts)
    return code


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--id", required=True, help="the person's id, as edge people list shows it")


def _profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", help="the person's name")
    parser.add_argument("--groups", metavar="A,B", help="groups of the configuration, separated by commas")
    parser.add_argument("--schedules", metavar="A,B", help="schedules of the configuration, besides the groups'")
    parser.add_argument("--valid-from", metavar="DAY", help="first day, as in 2026-11-22")
    parser.add_argument("--valid-until", metavar="DAY", help="last day, included")
    parser.add_argument("--note", help="a remark; sealed like the rest")
    parser.add_argument("--number", metavar="DIGITS", help="what they type before their PIN, 3 to 6 digits")


def _enroll(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pictures", nargs="*", type=Path, metavar="PICTURE", help="three pictures of one person")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="<person>/<file>.jpg; the folder's name is the name")
    parser.add_argument("--camera", type=int, metavar="N", help="take N pictures with the configured camera")
    parser.add_argument("--id", help="add the pictures to this person instead of enrolling somebody new")
    _profile(parser)
    _consent(parser)
    parser.add_argument("--allow-few", action="store_true", help="accept one or two good pictures")
    parser.add_argument("--allow-duplicate", action="store_true", help="enrol also a twin of somebody enrolled")


def _add(parser: argparse.ArgumentParser) -> None:
    _profile(parser)
    _consent(parser)


def _consent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--consent", metavar="TEXT", help='how the person agreed: "signed form 2026-11-22"')
    parser.add_argument("--consent-text", default=CONSENT_TEXT, metavar="VERSION", help="of the text they agreed to")
    parser.add_argument("--by", metavar="WHO", help="who recorded the consent (the user who runs this)")


def _change(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    _profile(parser)


def _revoke(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--reason", help="why; sealed with the record")
    what.add_argument("--undo", action="store_true", help="take the revocation back")


def _erase(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _export(parser: argparse.ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--id", help="one person")
    who.add_argument("--all", action="store_true", help="everybody (sealed only)")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--readable", action="store_true", help="JSON that the person can read, templates included")
    how.add_argument("--sealed", action="store_true", help="encrypted with a passphrase, for edge people import")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line; otherwise asked for")


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a sealed export")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line; otherwise asked for")
    parser.add_argument("--replace", action="store_true", help="the export wins over people who are here already")
