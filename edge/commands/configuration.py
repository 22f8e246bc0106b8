"""The configuration from afar: judged whole, applied, and taken back by itself when the device is not reached with it.

Each state is on the disk before it is acted upon, so a crash at any moment leaves a configuration that is valid and
is either confirmed or still on trial.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from edge import tokens
from edge.actions import Priority, Report
from edge.clock import Clock
from edge.commands.hands import Hands, Message
from edge.commands.seldom import Seldom
from edge.commands.trial import STEADY_S, TRIAL_S, Trial
from edge.config.desired import LIVE, Desired, difference, digest, read_claims
from edge.config.effective import Effective
from edge.config.schema import Config
from edge.config.standing import Standing, write_standing
from edge.errors import DataError, EdgeError, HardwareError
from edge.runtime.faults import OnFault, OnRecovered
from edge.runtime.mailbox import Inbox

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger(__name__)

COMPONENT = "configuration"
TOKEN = "edge-config"
WAIT_S = 0.25
_AGAIN_S = 10.0  # between two attempts to write what the disk refused
_INBOX = 4
_MOST_BYTES = 65536


class ConfigurationWorker:
    """A worker. `take`, `desire` and `status` may be called from other threads. A successor gets the `effective` and
    the `inbox` of the one before.
    """

    def __init__(
        self,
        effective: Effective,
        keys: Mapping[str, Ed25519PublicKey],
        hands: Hands,
        clock: Clock,
        on_fault: OnFault,
        on_recovered: OnRecovered,
        inbox: Inbox[bytes | Desired] | None = None,
    ) -> None:
        self.effective = effective
        device = effective.config.device
        self._audience = f"{device.site}/{device.id}"
        self._keys = keys
        self._hands = hands
        self._clock = clock
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self.inbox: Inbox[bytes | Desired] = Inbox(_INBOX) if inbox is None else inbox
        self._seldom = Seldom(lambda: clock().mono_s)
        self._trial = Trial(clock().mono_s)
        self._again_s: float | None = None  # when to try again what could not be written
        self._unwritten = False  # what holds is not what is on the disk
        self._restarting = False
        self._stop = threading.Event()

    def take(self, message: Message) -> bool:
        """A document from the topic, as the uplink's handler; False when there is no room."""
        # One byte more than any document has is enough to see that it is none.
        return not message.payload or self.inbox.put(message.payload[: _MOST_BYTES + 1])

    def desire(self, desired: Desired) -> bool:
        """The same for what a command has brought, whose signature was checked; False when there is no room."""
        return self.inbox.put(desired)

    def status(self) -> dict[str, object]:
        """For the status board."""
        standing = self.effective.standing
        in_force = standing.in_force
        return {"version": 0 if in_force is None else in_force.version, "status": standing.status}

    def start(self) -> None:
        self._trial = Trial(self._clock().mono_s)
        if self.effective.fault:
            self._on_fault(COMPONENT, "an overlay is not used", self.effective.fault)
        if self.effective.rolled_back:
            data = {"version": self.effective.standing.about, "reason": self.effective.rolled_back}
            self._tell("config.rolledback", data, Priority.ALARM)
            self.effective = replace(self.effective, rolled_back="")  # a successor need not tell it again
        self._report()

    def step(self) -> None:
        if self._restarting or (self._again_s is not None and self._clock().mono_s < self._again_s):
            self._stop.wait(WAIT_S)
            return
        if self._unwritten:
            self._remember(self.effective.standing)
            return
        if (item := self.inbox.get(WAIT_S)) is not None and (self._stop.is_set() or not self._judged(item)):
            self.inbox.put_back(item)  # for the successor, or for when the disk takes it
        elif not self._restarting and self.effective.standing.trial is not None:  # its trial is the next process's
            self._watch(self.effective.standing.trial)

    def stop(self) -> None:
        """Nothing is held."""

    def wake(self) -> None:
        self._stop.set()
        self.inbox.wake()

    def _judged(self, item: bytes | Desired) -> bool:
        """Judge a document; False when the disk does not take the result, so that it has to be judged again."""
        try:
            desired = item if isinstance(item, Desired) else self._verified(item)
        except DataError as error:
            reason = "token" if isinstance(error, tokens.BadTokenError) else "document"
            self._refused(reason, {"detail": error.message})
            return True
        standing = self.effective.standing
        if desired.version == standing.seen and desired.content == standing.content:
            self._report()  # as the broker delivers it again at each connection
        elif desired.version <= standing.seen:
            self._refused("version", {"version": desired.version, "seen": standing.seen})
        else:
            return self._considered(desired)
        return True

    def _verified(self, payload: bytes) -> Desired:
        _, claims = tokens.verify(payload, TOKEN, self._keys, _MOST_BYTES)
        return read_claims(claims, self._audience)

    def _considered(self, desired: Desired) -> bool:
        config, problems = self.effective.base.under(desired.tables)
        if config is not None:
            try:
                self._hands.check(config)
            except EdgeError as error:
                config, problems = None, (str(error),)
        before = self.effective.standing
        judged = replace(
            before, seen=desired.version, content=desired.content, about=desired.version, problems=problems
        )
        if config is None:
            if not self._remember(replace(judged, status="refused")):
                return False
            self._refused("problems", {"version": desired.version, "problems": list(problems)})
            self._report()
            return True
        changed = difference(self.effective.config, config)
        if not changed and before.trial is None:  # there is nothing to be tried
            if not self._remember(replace(judged, status="applied", confirmed=desired)):
                return False
            self._confirmed(desired)
            return True
        starts = 1 if changed <= LIVE else 0  # this process, or none yet
        if not self._remember(replace(judged, status="trial", trial=desired, starts=starts)):
            return False
        self._change(config, changed, f"version {desired.version} of the configuration")
        return True

    def _change(self, config: Config, changed: frozenset[str], why: str) -> None:
        """Let a configuration hold that is on the disk already."""
        self._report()
        if not (changed <= LIVE and self._applied(config)):
            log.warning("restarting for %s: %s", why, ", ".join(sorted(changed)))
            self._restarting = True
            self._hands.restart(why)
            return
        log.info("applied %s: %s", why, ", ".join(sorted(changed)))
        self.effective = replace(self.effective, config=config)
        self._trial = Trial(self._clock().mono_s)

    def _applied(self, config: Config) -> bool:
        try:
            return self._hands.apply(config)
        except EdgeError as error:
            log.warning("could not be applied: %s", error)
            return False

    def _watch(self, trial: Desired) -> None:
        verdict = self._trial.verdict(self._hands.connected(), self._clock().mono_s)
        if verdict == "proven":
            proven = replace(
                self.effective.standing, about=trial.version, status="applied", problems=(), confirmed=trial
            )
            if self._remember(replace(proven, trial=None, starts=0)):
                self._confirmed(trial)
        elif verdict == "failed":
            self._roll_back(f"the broker was not reached for {STEADY_S:g} s within {TRIAL_S:g} s", trial)

    def _confirmed(self, desired: Desired) -> None:
        self._tell("config.applied", {"version": desired.version, "digest": digest(self.effective.config)})
        self._report()

    def _roll_back(self, why: str, trial: Desired) -> None:
        base, before = self.effective.base, self.effective.standing
        given_up = replace(before, about=trial.version, status="rolledback", problems=(why,), trial=None, starts=0)
        # It holds also when the disk refuses it; after a crash the starts of the trial bound it.
        self.effective = replace(self.effective, standing=given_up)
        self._unwritten = not self._remember(given_up)
        self._tell("config.rolledback", {"version": trial.version, "reason": why}, Priority.ALARM)
        found, _ = base.under(before.confirmed.tables) if before.confirmed else (base.config, ())
        config = found or base.config  # as at a start, when the device's own file was changed since
        self._change(config, difference(self.effective.config, config), f"what was before version {trial.version}")

    def _remember(self, standing: Standing) -> bool:
        """Put a standing on the disk, and only then into force; False, and a pause, when the disk does not take it."""
        try:
            write_standing(self.effective.folder, standing)
        except HardwareError as error:
            if self._again_s is None:
                self._on_fault(COMPONENT, "cannot be stored", str(error))
            self._again_s = self._clock().mono_s + _AGAIN_S
            return False
        if self._again_s is not None:
            self._again_s = None
            self._on_recovered(COMPONENT)
        self._unwritten = False
        self.effective = replace(self.effective, standing=standing)
        return True

    def _refused(self, reason: str, data: Mapping[str, object]) -> None:
        if times := self._seldom.times(reason):
            log.warning("configuration refused: %s", reason)
            self._tell("config.refused", {"reason": reason, "times": times, **data}, Priority.ALARM)

    def _tell(self, event: str, data: Mapping[str, object], priority: Priority = Priority.TELEMETRY) -> None:
        self._hands.submit(Report(event, data, priority=priority))

    def _report(self) -> None:
        time = self._clock().wall.isoformat(timespec="seconds")
        self._hands.keep(json.dumps(self.effective.report(time), ensure_ascii=False).encode())
