"""What obeys the office, put together and not started: commands, configuration from afar, the roster of the zone.

Only made where `[office]` names keys. Without them the device listens to nobody.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from edge.commands.configuration import ConfigurationWorker
from edge.commands.desk import CommandDesk, Links
from edge.commands.hands import Hands
from edge.commands.judge import Rules
from edge.commands.outcome import Executor, Outcome
from edge.commands.people import PeopleCommands
from edge.commands.rostersync import RosterSyncWorker, Zone
from edge.commands.standing import StandingFile
from edge.commands.update import UpdateWorker
from edge.config import Config
from edge.config.desired import Desired, merged
from edge.config.effective import Effective
from edge.device.ground import Ground
from edge.errors import DataError
from edge.local.lent import Order
from edge.parts.check import check_start
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec
from edge.store.identity import read_signer
from edge.update.manifest import is_version
from edge.uplink.inbound import Handler
from edge.uplink.topics import Topics

RESTART_AFTER_S = 1.0  # so that the answer to the command has left


@dataclass(frozen=True, slots=True)
class Ties:
    """What the device lends, beyond the ground that all its parts stand on. None of it blocks.

    `keep(topic, payload)` makes something stand retained, `say(topic, payload)` is heard by who listens now;
    `execute`: commands that other parts of the device carry out.
    """

    reply: Callable[[str, bytes, bytes], bool]
    keep: Callable[[str, bytes], None]
    say: Callable[[str, bytes], bool]
    connected: Callable[[], bool]
    apply: Callable[[Config], bool]
    restart: Callable[[str], None]
    execute: Mapping[str, Executor] = field(default_factory=lambda: MappingProxyType({}))


class Office:
    """The workers that serve the office. `lockdown`: whether one was in force when the last process ended."""

    def __init__(self, effective: Effective, ties: Ties, ground: Ground) -> None:
        config, clock, faults = effective.config, ground.clock, ground.faults
        state_dir, device = config.store.state_dir, config.device
        audience = f"{device.site}/{device.id}"
        keys = {name: read_signer(file) for name, file in config.office.keys.items()}
        told = (faults.fault, faults.recovered)
        topics = Topics(device.site, device.id)
        standing = StandingFile(state_dir, clock())
        self.lockdown = standing.now.lockdown
        self._ties = ties

        people = PeopleCommands(state_dir, audience, config.office.zone, clock, ground.alone).executors()
        execute: Mapping[str, Executor] = {
            **people,
            "restart": self._restart,
            "configure": self._configure,
            "people.sync": self._sync,
            **ties.execute,
        }
        sealing = config.office.sealing_key_file is not None
        self.update: Renewable[UpdateWorker] = Renewable(
            lambda _last: UpdateWorker(
                config.update, state_dir, lambda told: self.commands.now.settle(told), ground.submit, clock
            )
        )
        links = Links(
            execute=execute,
            post=ground.post,
            submit=ground.submit,
            reply=ties.reply,
            on_fault=faults.fault,
            on_recovered=faults.recovered,
            missing={} if sealing else {"photograph": "this device has no [office] sealing_key_file"},
            defer={"update": lambda command, kid, wanted: self.update.now.order(command, kid, wanted)},
        )
        self.commands: Renewable[CommandDesk] = Renewable(
            lambda last: CommandDesk(
                Rules(audience, keys, config.office.two_person), standing, links, clock, last.inbox if last else None
            )
        )
        hands = Hands(
            apply=ties.apply,
            restart=ties.restart,
            connected=ties.connected,
            keep=lambda payload: ties.keep(topics.config_reported, payload),
            submit=ground.submit,
            check=check_start,
        )
        self.configuration: Renewable[ConfigurationWorker] = Renewable(
            lambda last: ConfigurationWorker(
                last.effective if last else effective, keys, hands, clock, *told, last.inbox if last else None
            )
        )
        zone = Zone(device.site, config.office.zone, device.id, keys)
        self.roster: Renewable[RosterSyncWorker] = Renewable(
            lambda _last: RosterSyncWorker(
                state_dir,
                zone,
                lambda have: ties.say(topics.roster_want, _want(zone.name, have)),
                ground.submit,
                ground.alone,
                clock,
                *told,
            )
        )
        self.specs = [
            Spec("commands", self.commands, 60.0),
            Spec("configuration", self.configuration, 30.0),
            Spec("rostersync", self.roster, 60.0),
            Spec("update", self.update, 60.0),
        ]
        self.listens_to: dict[str, Handler] = {
            topics.commands: lambda message: self.commands.now.take(message),
            topics.config_desired: lambda message: self.configuration.now.take(message),
            topics.roster(zone.name): lambda message: self.roster.now.take(message),
        }
        self.orders_here: dict[str, Order] = {"configure": self._configure_here, "update": self._update_here}

    def status(self) -> dict[str, Any]:
        """For the status board."""
        desk = self.commands.now
        figures = {"applied": desk.applied, "refused": desk.refusals.total}
        return {
            "configuration": self.configuration.now.status(),
            "roster": self.roster.now.status(),
            "update": self.update.now.status(),
            "figures": figures,
        }

    def _configure_here(self, request: Mapping[str, Any]) -> tuple[str, str] | None:
        """What somebody at the device has set: further keys over what is in force, as the version after the newest one.
        From then on it is as if the office had sent it. A word and a sentence where it cannot be. Raises DataError.
        """
        standing = self.configuration.now.effective.standing
        asked = Desired(standing.seen + 1, request.get("changes"))  # type: ignore[arg-type]  # it checks them
        tables = merged(standing.in_force.tables if standing.in_force else {}, asked.tables)
        taken = self.configuration.now.desire(Desired(asked.version, tables))
        return None if taken else ("busy", "another configuration waits")

    def _update_here(self, request: Mapping[str, Any]) -> tuple[str, str] | None:
        """Somebody at the device wants a version; None: it is being fetched, or why not. Raises DataError."""
        version = request.get("version")
        if not isinstance(version, str) or not is_version(version):
            raise DataError("that is no version", hint="write it like 0.2.0")
        args = {"version": version, "sha256": ""}
        outcome = self.update.now.order(f"local-{secrets.token_hex(8)}", "device", args)
        return None if outcome is None else (outcome.reason, outcome.detail)

    def _restart(self, _args: Mapping[str, Any]) -> Outcome:
        later = threading.Timer(RESTART_AFTER_S, self._ties.restart, ("the office wants it",))
        later.daemon = True
        return Outcome(True, afterwards=later.start)

    def _configure(self, args: Mapping[str, Any]) -> Outcome:
        if self.configuration.now.desire(Desired(args["version"], args["config"])):
            return Outcome(True, detail="it is being judged; config/reported tells the result")
        return Outcome(False, "busy", "another configuration waits")

    def _sync(self, _args: Mapping[str, Any]) -> Outcome:
        self.roster.now.sync()
        return Outcome(True)


def _want(zone: str, have: int) -> bytes:
    return json.dumps({"zone": zone, "have": have}).encode()
