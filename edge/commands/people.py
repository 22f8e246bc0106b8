"""Commands about people: what `edge people import, revoke, erase` do on the device, asked for from afar.

An enrolment travels sealed to this one device, so the broker and whoever listens there learn nothing of the person.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from edge.clock import Clock
from edge.commands.outcome import Executor, Outcome
from edge.errors import DataError
from edge.people.erase import erase
from edge.store.identity import open_sealed, seal_to, sealing_key
from edge.store.keys import about, load_device_key
from edge.store.roster import Roster
from edge.store.roster_json import parse
from edge.store.roster_transfer import Traveller, person_from_json, person_to_json
from edge.store.roster_zone import ZoneRoster


def seal_enrolment(traveller: Traveller, device: X25519PublicKey, audience: str) -> str:
    """The argument `sealed` of people.add. `audience`: "{site}/{device}"."""
    plain = json.dumps(person_to_json(traveller), ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(seal_to(device, plain, _purpose(audience))).decode()


def _purpose(audience: str) -> bytes:
    return about("edge: enrolment by command", audience)


class PeopleCommands:
    """The executors, one call each on the command desk's thread. `alone` is held while the roster is open here: the
    proof of an erasure reads its files past SQLite, so no other connection of this process may be at work. Whom an
    order revoked or erased, the roster of the `zone` does not bring back.
    """

    def __init__(
        self, state_dir: Path, audience: str, zone: str, clock: Clock, alone: AbstractContextManager[Any]
    ) -> None:
        self._state_dir = state_dir
        self._audience = audience
        self._zone = zone
        self._clock = clock
        self._alone = alone

    def executors(self) -> dict[str, Executor]:
        """By the name of the command."""
        return {"people.add": self.add, "people.revoke": self.revoke, "people.erase": self.erase}

    def add(self, args: Mapping[str, Any]) -> Outcome:
        """Take over a person with the receipt of their consent; whoever had that id makes room."""
        try:
            sealed = base64.b64decode(args["sealed"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise DataError("the enrolment is not base64") from error
        key = sealing_key(load_device_key(self._state_dir))
        person = person_from_json(parse(open_sealed(key, sealed, _purpose(self._audience))))
        known_by = person.templates or person.profile.cards or person.profile.pin_hash
        if not known_by or person.profile.revoked:
            return Outcome(False, "failed", "the enrolment has no template, card or PIN, or is of somebody revoked")
        with self._alone, Roster.open(self._state_dir, create=True) as roster:
            roster.add(person.profile, person.templates, self._clock().wall_us, person=person.person, replace=True)
        return Outcome(True, detail=person.person)

    def revoke(self, args: Mapping[str, Any]) -> Outcome:
        """Refuse somebody from now on, and keep the record; also somebody whom the zone has yet to bring."""
        with self._alone, ZoneRoster.open(self._state_dir, create=True) as roster:
            if args["person"] not in roster.here():
                roster.hold(args["person"], self._zone)
                return Outcome(True, detail="nobody here has that id; the zone cannot bring it either")
            roster.change(
                args["person"], lambda old: replace(old, revoked_reason=args["reason"]), self._clock().wall_us
            )
        return Outcome(True)

    def erase(self, args: Mapping[str, Any]) -> Outcome:
        """Destroy everything that the roster holds of somebody. An erasure without its proof is an error."""
        with self._alone, ZoneRoster.open(self._state_dir) as roster:
            roster.hold(args["person"], self._zone, removed=True)
            proof = erase(roster, args["person"], self._clock())
        return Outcome(True, detail=f"key {proof.key_fingerprint or 'unreadable'} destroyed")
