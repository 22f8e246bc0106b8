"""Every command of the office and its arguments. What is not listed here is refused, unknown arguments too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, get_type_hints

from edge.config.check import Between
from edge.config.schema import Lock
from edge.store.roster_records import is_id
from edge.update.manifest import FILE_NAME, is_version

Test = Callable[[Any], bool]

# A spoken text as long as the longest prompt of the phrase tables: about a quarter of a minute.
MOST_CHARACTERS = 200
_MOST_REASON = 500
_MOST_NAME = 64
# A sealed enrolment of ten templates of 512 numbers takes 37,000 bytes in base64.
_MOST_SEALED = 44_000
_HIGHEST_VERSION = 1 << 53
_LAST_SECOND = 253_402_300_799  # of the year 9999


@dataclass(frozen=True, slots=True)
class Argument:
    """`wanted` says in words what `test` wants."""

    test: Test
    wanted: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """`by_brain`: a role of the device carries it out, everything else the command desk."""

    name: str
    arguments: Mapping[str, Argument] = field(default_factory=lambda: MappingProxyType({}))
    by_brain: bool = False

    def problem(self, args: object) -> str:
        """What is wrong with the arguments, or an empty string. Never repeats what was sent."""
        if not isinstance(args, dict):
            return "the arguments are no object"
        if args.keys() - self.arguments.keys():
            known = ", ".join(self.arguments) or "no arguments"
            return f"an unknown argument; {self.name} takes {known}"
        for name, argument in self.arguments.items():
            if name not in args:
                if argument.required:
                    return f"{name} is missing: {argument.wanted}"
            elif not argument.test(args[name]):
                return f"{name}: {argument.wanted}"
        return ""


def _text(most: int) -> Test:
    return lambda value: isinstance(value, str) and len(value) <= most and value.isprintable() and bool(value.strip())


def _number(low: float, high: float) -> Test:
    return lambda value: type(value) in (int, float) and low <= value <= high


def _whole(low: int, high: int) -> Test:
    return lambda value: type(value) is int and low <= value <= high


def _texts(value: object) -> bool:
    spoken = _text(MOST_CHARACTERS)
    return (
        isinstance(value, dict)
        and len(value) >= 1
        and value.keys() <= {"cmn", "en"}
        and all(map(spoken, value.values()))
    )


def _name(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", value) is not None


def _sha256(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _bundle(value: object) -> bool:
    return isinstance(value, str) and FILE_NAME.fullmatch(value) is not None


def _seconds() -> Argument:
    """How long an order may unlock: the bounds of the configuration's own `unlock_s`."""
    annotation = get_type_hints(Lock, include_extras=True)["unlock_s"]
    bounds = next(rule for rule in annotation.__metadata__ if isinstance(rule, Between))
    wanted = f"a number from {bounds.low:g} to {bounds.high:g}"
    return Argument(_number(bounds.low, bounds.high), wanted, required=False)


_HOLD = Argument(lambda value: isinstance(value, bool), "true to keep the door unlocked until release", required=False)
_PERSON = Argument(is_id, "an id of 16 hexadecimal digits")
_SEALED = Argument(
    lambda value: isinstance(value, str) and len(value) <= _MOST_SEALED and value.isascii(),
    f"an enrolment sealed to this device, in base64, at most {_MOST_SEALED} characters",
)
_ANNOUNCE = {
    "texts": Argument(_texts, f"a text of at most {MOST_CHARACTERS} characters for cmn, en or both"),
    "urgent": Argument(lambda value: isinstance(value, bool), "true or false", required=False),
}
_CONFIGURE = {
    "version": Argument(_whole(1, _HIGHEST_VERSION), "a whole number from 1"),
    "config": Argument(lambda value: isinstance(value, dict), "an object"),
}
_REVOKE = {"person": _PERSON, "reason": Argument(_text(_MOST_REASON), f"a text of at most {_MOST_REASON} characters")}
_PASS = {
    "pass": _PERSON,
    "until": Argument(_whole(0, _LAST_SECOND), "seconds since 1970, when it would expire anyway", required=False),
}
_POLL = {
    "poll": Argument(_name, "a name of small letters, digits and '-'"),
    "texts": _ANNOUNCE["texts"],
    "until": Argument(_whole(0, _LAST_SECOND), "seconds since 1970", required=False),
}
_CORRECT = {
    "drop": Argument(_text(_MOST_NAME), "the `drop` of the event that is corrected"),
    "category": Argument(_name, "a category of the sorting rules"),
}
_UPDATE = {
    "version": Argument(is_version, "a version like 1.2.3"),
    "sha256": Argument(_sha256, "the bundle's SHA-256, 64 hexadecimal digits"),
    "name": Argument(_bundle, "the bundle's file name below [update] source", required=False),
}

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        command.name: command
        for command in (
            Command("unlock", {"seconds": _seconds(), "hold": _HOLD}, by_brain=True),
            Command("lockdown", by_brain=True),
            Command("release", by_brain=True),
            Command("announce", _ANNOUNCE, by_brain=True),
            Command("photograph", by_brain=True),
            Command("poll", _POLL, by_brain=True),
            Command("correct", _CORRECT, by_brain=True),
            Command("restart"),
            Command("configure", _CONFIGURE),
            Command("people.add", {"sealed": _SEALED}),
            Command("people.revoke", _REVOKE),
            Command("people.erase", {"person": _PERSON}),
            Command("people.sync"),
            Command("pass.revoke", _PASS),
            Command("update", _UPDATE),
        )
    }
)
TWO_PERSON = frozenset({"people.add"})
"""Commands that take the signatures of two people where the configuration says so."""
CHALLENGE = "challenge"
"""Not a command: asks for a nonce to sign for a device whose clock is not synchronised."""
