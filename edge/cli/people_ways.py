"""The words of `edge people card …`, `pin …` and `ways`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from edge.cli.common import Subparsers, add_common

Handler = Callable[[str], Callable[[argparse.Namespace], int]]


def register(commands: Subparsers, handler: Handler) -> None:
    """Add them; `handler` gives what runs a command by its name."""

    def group(name: str, text: str) -> Subparsers:
        parser = commands.add_parser(name, help=text, description=text)
        return parser.add_subparsers(dest=f"{name}_command", required=True, metavar="COMMAND")

    def add(below: Subparsers, name: str, run: str, text: str) -> argparse.ArgumentParser:
        parser = below.add_parser(name, help=text, description=text)
        add_common(parser)
        parser.set_defaults(run=handler(run))
        return parser

    cards = group("card", "give somebody a card, or take it away")
    one = _person(add(cards, "add", "card_add", "give somebody a card"))
    one.add_argument("card", nargs="?", metavar="ID", help="as the reader tells it, like w26:17-12345")
    one.add_argument("--reader", action="store_true", help="hold it before the configured reader instead")
    one = _person(add(cards, "remove", "card_remove", "take a card away"))
    one.add_argument("card", metavar="ID", help="as edge people show tells it")

    pins = group("pin", "give somebody a PIN, take it away, or end a lock-out")
    one = _person(add(pins, "set", "pin_set", "give somebody a PIN; it is asked for, or read from standard input"))
    one.add_argument("--duress", action="store_true", help="the PIN that opens, and calls for help")
    one = _person(add(pins, "clear", "pin_clear", "take the PIN away, and the duress PIN with it"))
    one.add_argument("--duress", action="store_true", help="only the duress PIN")
    add(pins, "unlock", "pin_unlock", "begin the counts of wrong PINs anew; then restart the daemon")

    one = _person(add(commands, "ways", "ways", "by what somebody may come in, instead of what the configuration says"))
    one.add_argument(
        "ways", nargs="*", metavar="WAY", help="factors joined by +: face, card+pin; any one of them will do"
    )
    one.add_argument("--configured", action="store_true", help="what the configuration says")
    one.add_argument("--slow", choices=["yes", "no"], help="whether they need the door longer")
    one.add_argument("--look-alike", choices=["yes", "no"], help="whether a face alone mistakes them for somebody else")


def _person(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("person", metavar="PERSON", help="the person's id, as edge people list shows it")
    return parser
