"""The command desk: takes in, has judged, counts durably, carries out or passes on to the brain, tells what became of
it. One command at a time, in the order of arrival.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event as Flag
from types import MappingProxyType

from edge.actions import Answer, Report
from edge.clock import Clock
from edge.commands.catalogue import CHALLENGE, COMMANDS
from edge.commands.challenges import Challenges
from edge.commands.judge import MOST_BYTES, Accepted, Refusal, Rules, judge
from edge.commands.outcome import Deferred, Executor, Inbound, Message, Outcome, Told, may_answer, message
from edge.commands.refusals import Allowance, Refusals
from edge.commands.standing import RESET, Pending, StandingFile
from edge.errors import EdgeError, HardwareError
from edge.events import OrderGiven
from edge.runtime.faults import OnFault, OnRecovered
from edge.runtime.mailbox import Inbox

log = logging.getLogger(__name__)

COMPONENT = "commands"
ROOM = 16
WAIT_S = 0.25
# Longer than the brain takes an order for fresh (2 s): what is told as unanswered here is not carried out later.
BRAIN_S = 3.0
SAVE_AGAIN_S = 10.0
_LOCKDOWN: Mapping[str, bool] = MappingProxyType({"lockdown": True, "release": False})


@dataclass(frozen=True, slots=True)
class Links:
    """What the desk is connected to; nothing of it may block, but the executors, which take seconds at most.

    `execute`: the commands that are carried out here; `defer`: those of which `settle` tells later. `missing`: orders
    that this device cannot carry out, and why. `post`: the brain's inbox; `submit`: the event store; `reply`: topic,
    payload, correlation data.
    """

    execute: Mapping[str, Executor]
    post: Callable[[OrderGiven], bool]
    submit: Callable[[Report], None]
    reply: Callable[[str, bytes, bytes], bool]
    on_fault: OnFault
    on_recovered: OnRecovered
    missing: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    defer: Mapping[str, Deferred] = field(default_factory=lambda: MappingProxyType({}))


class CommandDesk:
    """The worker. `take` and `answered` are called from other threads. A successor gets the `inbox` of the one before
    and the same `standing`.
    """

    def __init__(
        self, rules: Rules, standing: StandingFile, links: Links, clock: Clock, inbox: Inbox[Message] | None = None
    ) -> None:
        self.inbox: Inbox[Message] = Inbox(ROOM) if inbox is None else inbox
        self.applied = 0
        self.refusals = Refusals()
        self._rules = rules
        self._standing = standing
        self._links = links
        self._clock = clock
        self._base = f"edge/v1/{rules.audience}/"
        self._challenges = Challenges()
        self._nonces_left, self._answers_left = Allowance(), Allowance()
        self._answers: Inbox[Answer] = Inbox(ROOM)
        self._waiting: tuple[Accepted, Message, float] | None = None
        self._settled: Inbox[Told] = Inbox(ROOM)
        self._deferred: dict[str, Message] = {}  # bounded by those who take them, one each
        self._troubled = False
        self._save_at_s = 0.0
        self._stop = Flag()

    def take(self, inbound: Inbound) -> bool:
        """A message below `command/`. False when there is no room; it is lost then, and counted."""
        return self.inbox.put(message(inbound, f"{self._base}command/", MOST_BYTES))

    def answered(self, answer: Answer) -> bool:
        """What the brain did with an order."""
        return self._answers.put(answer)

    def settle(self, told: Told) -> bool:
        """What became of a command that was deferred, by this desk or the one before."""
        return self._settled.put(told)

    @property
    def waiting(self) -> bool:
        """Whether an order is with the brain."""
        return self._waiting is not None

    def start(self) -> None:
        """Report the command that a predecessor, or the power, left unfinished."""
        self._look_after_standing()
        if (pending := self._standing.now.pending) is not None and self._standing.finish(pending.id):
            detail = "the device stopped before the end of this command was recorded; send it again if it is needed"
            outcome = Outcome(False, "interrupted", detail)
            self._links.submit(Told(pending.id, pending.name, pending.kid, outcome).report())

    def step(self) -> None:
        now_s = self._clock().mono_s
        for name, refusal, count in self.refusals.due(now_s):
            self._links.submit(_told(name, refusal, count).report())
        if not self._standing.damaged and not self._standing.saved and now_s >= self._save_at_s:
            self._look_after_standing()
        if len(self._settled) and (told := self._settled.get(0.0)) is not None:
            self._tell(self._deferred.pop(told.id, None), told)
        if self._waiting is not None:
            self._await_brain(*self._waiting)
        elif (inbound := self.inbox.get(WAIT_S)) is not None:
            if self._stop.is_set():  # given up while it waited: this is for the successor
                self.inbox.put_back(inbound)
            else:
                self._handle(inbound)

    def stop(self) -> None:
        """Nothing to release. What is under way is reported at the next start."""

    def wake(self) -> None:
        self._stop.set()
        self.inbox.wake()
        self._answers.wake()

    def _handle(self, inbound: Message) -> None:
        name, now = inbound.name, self._clock()
        if name == CHALLENGE:
            if not inbound.retain and self._nonces_left.take(now.mono_s):
                nonce = self._challenges.issue(now.mono_s)
                self._reply(inbound, Told("", CHALLENGE, "", Outcome(True)), nonce=nonce)
            return
        if not inbound.payload:  # how a broker says that a retained message was deleted
            return
        if self._standing.damaged:
            verdict: Accepted | Refusal = Refusal("standing", self._standing.damaged)
        else:
            flaw = lambda nonce: self._challenges.flaw(nonce, now.mono_s)  # noqa: E731
            self._standing.know_time(now)
            verdict = judge(name, inbound.payload, inbound.retain, self._rules, self._standing.now, flaw, now)
        if isinstance(verdict, Refusal):
            self._refuse(inbound, verdict)
        elif self._count(inbound, verdict, now.mono_s):
            self._carry_out(inbound, verdict)

    def _refuse(self, inbound: Message, refusal: Refusal) -> None:
        now_s, told = self._clock().mono_s, _told(inbound.name, refusal)
        if self.refusals.note(told.name, refusal, now_s):
            log.warning("command %s refused: %s", told.name, refusal.reason)
            self._links.submit(told.report())
        if refusal.kid or self._answers_left.take(now_s):  # forgeries must not use up what a signer waits for
            self._reply(inbound, told)

    def _count(self, inbound: Message, command: Accepted, now_s: float) -> bool:
        """Durably, before anything is done. A disk that cannot be written carries nothing out."""
        if command.nonce:
            self._challenges.use(command.nonce, now_s)
        try:
            self._standing.accept(Pending(command.id, command.name, command.kid), command.counters)
        except HardwareError as error:
            self._trouble(error)
            told = _told(inbound.name, Refusal("storage", "the device could not record it", command.id, command.kid))
            self._links.submit(told.report())
            self._reply(inbound, told)
            return False
        return True

    def _carry_out(self, inbound: Message, command: Accepted) -> None:
        execute = self._links.execute.get(command.name)
        if command.name in self._links.missing:
            outcome = Outcome(False, "unsupported", self._links.missing[command.name])
        elif COMMANDS[command.name].by_brain:
            if self._links.post(OrderGiven(command.name, command.id, command.args)):
                self._waiting = command, inbound, self._clock().mono_s + BRAIN_S
                return
            outcome = Outcome(False, "busy", "the gate has no room for the order")
        elif command.name in self._links.defer:
            begun = self._links.defer[command.name](command.id, command.kid, command.args)
            if begun is None:
                self._put_off(inbound, command)
                return
            outcome = begun
        elif execute is None:
            outcome = Outcome(False, "unsupported", "nothing on this device carries it out")
        else:
            try:
                outcome = execute(command.args)
            except EdgeError as error:
                outcome = Outcome(False, "failed", error.message)
        self._finish(inbound, command, outcome)

    def _put_off(self, inbound: Message, command: Accepted) -> None:
        """Others go on meanwhile. Who carries it out remembers it over a restart."""
        self._deferred[command.id] = inbound
        self._standing.finish(command.id)
        self._look_after_standing()

    def _await_brain(self, command: Accepted, inbound: Message, until_s: float) -> None:
        answer = self._answers.get(WAIT_S)
        if answer is not None and answer.command == command.id:
            outcome = Outcome(answer.applied, answer.reason, answer.detail)
        elif self._clock().mono_s >= until_s:
            outcome = Outcome(False, "no_answer", "the gate did not take up the order in time")
        else:  # nothing yet, or an answer that came too late for its command
            return
        self._waiting = None
        self._finish(inbound, command, outcome)

    def _finish(self, inbound: Message, command: Accepted, outcome: Outcome) -> None:
        lockdown = _LOCKDOWN.get(command.name) if outcome.applied else None
        if not self._standing.finish(command.id, lockdown=lockdown):
            log.warning("command %s ended after a successor had reported it", command.name)
            return
        self._tell(inbound, Told(command.id, command.name, command.kid, outcome))
        if outcome.afterwards is not None:
            outcome.afterwards()

    def _tell(self, inbound: Message | None, told: Told) -> None:
        self.applied += told.outcome.applied
        log.info("command %s: %s", told.name, "applied" if told.outcome.applied else told.outcome.reason)
        # The event first: a power cut between the two tells of this command once more, as interrupted.
        self._links.submit(told.report())
        self._look_after_standing()
        if inbound is not None:
            self._reply(inbound, told)

    def _reply(self, inbound: Message, told: Told, **more: str) -> None:
        if may_answer(inbound, f"{self._base}reply/"):
            payload = told.answer(self._rules.audience, self._clock(), **more)
            self._links.reply(inbound.response_topic, payload, inbound.correlation)

    def _look_after_standing(self) -> None:
        if self._standing.damaged:
            self._links.on_fault(COMPONENT, "all commands are refused", f"{self._standing.damaged}; {RESET}")
            return
        try:
            self._standing.save()
        except HardwareError as error:
            self._trouble(error)
            return
        self._troubled = False
        self._links.on_recovered(COMPONENT)

    def _trouble(self, error: HardwareError) -> None:
        self._save_at_s = self._clock().mono_s + SAVE_AGAIN_S
        if not self._troubled:
            self._troubled = True
            self._links.on_fault(COMPONENT, "commands cannot be recorded", str(error))


def _told(name: str, refusal: Refusal, count: int = 1) -> Told:
    """The name of an unknown command is whatever a stranger wrote into a topic: it is not repeated."""
    known = name if name in COMMANDS else "unknown"
    return Told(refusal.id, known, refusal.kid, Outcome(False, refusal.reason, refusal.detail), count)
