"""The office's order `update`: fetch a bundle, verify it, hand it to the process that may install it, tell the outcome.

A worker of its own, since a bundle of a hundred megabytes over a poor line takes minutes. Each step moves one piece.
What is under way stands on the disk, so that an order which a restart has cut off is told as `interrupted`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge import __version__
from edge.actions import Priority, Report
from edge.clock import Clock
from edge.commands.outcome import Outcome, Told
from edge.config.update import Update
from edge.errors import ConfigError, DataError, EdgeError
from edge.runtime.mailbox import Inbox
from edge.update import handover
from edge.update.bundle import verifying
from edge.update.journal import JOURNAL, Ended, read_outcome, read_whole, write_whole
from edge.update.making import bundle_name
from edge.update.manifest import UnfitError, machine_tag, python_tag
from edge.update.minisign import BadSignatureError, read_public_key

log = logging.getLogger(__name__)

NAME = "update"
WAIT_S = 0.25
LOOK_S = 5.0
FETCH_S = 3600.0
CLAIM_S = 600.0
"""How long a request may lie there: what installs is started by systemd within a second, or it is not there."""
ORDER, TOLD = "order.json", "told.json"
_EVENTS: Mapping[Ended, tuple[str, Priority]] = {
    "kept": ("update.applied", Priority.ACCESS),
    "rolledback": ("update.rolledback", Priority.ALARM),
}
_INTERRUPTED = Outcome(False, "interrupted", "the device stopped while it fetched the bundle; order it again")


@dataclass(frozen=True, slots=True)
class Order:
    """`kid`: whose key signed it; `name`: of the bundle's file. `sha256`: empty where somebody at the device asks for a
    version, of whose bundle they cannot know it; the signature decides then.
    """

    id: str
    kid: str
    version: str
    sha256: str
    name: str


class UpdateWorker:
    """A worker. `order` and `status` may be called from other threads. `settle` takes what became of an order."""

    def __init__(
        self,
        settings: Update,
        state_dir: Path,
        settle: Callable[[Told], object],
        submit: Callable[[Report], object],
        clock: Clock,
        opened: Callable[[str], Any] | None = None,
    ) -> None:
        self._settings = settings
        self._state_dir = state_dir
        self._folder = state_dir / handover.FOLDER
        self._settle = settle
        self._submit = submit
        self._clock = clock
        self._opened = opened
        self._inbox: Inbox[Order] = Inbox(1)
        self._taking = threading.Lock()
        self._order: Order | None = None
        self._job: Generator[None, None, None] | None = None
        self._until_s = 0.0
        self._look_at_s = float("-inf")
        self._offered_s: float | None = None
        self._told = ""
        self._trouble = ""
        self._stop = threading.Event()

    def order(self, command: str, kid: str, args: Mapping[str, Any]) -> Outcome | None:
        """Take an order whose arguments the catalogue has checked; an outcome where it cannot be taken."""
        if self._settings.key_file is None or not self._settings.source:
            return Outcome(False, "unsupported", "this device has no [update] key_file and source")
        with self._taking:
            if self._busy() or len(self._inbox):
                return Outcome(False, "busy", "another update is under way")
            version = args["version"]
            name = args.get("name") or bundle_name(version, python_tag(), machine_tag())
            self._inbox.put(Order(command, kid, version, args["sha256"], name))
        return None

    def status(self) -> dict[str, object]:
        """For the status board."""
        order = self._order
        if order is not None:
            return {"state": "fetching", "version": order.version}
        return {"state": "under way" if self._busy() else "idle", "version": ""}

    def start(self) -> None:
        """Tell of an order that a predecessor, or the power, left unfinished."""
        self._told = str(self._remembered(TOLD).get("id", ""))
        if cut_off := self._remembered(ORDER):
            self._settle(Told(str(cut_off.get("id", "")), NAME, str(cut_off.get("kid", "")), _INTERRUPTED))
        self._guarded(lambda: (self._folder / ORDER).unlink(missing_ok=True))

    def step(self) -> None:
        self._guarded(self._step)

    def _guarded(self, act: Callable[[], object]) -> None:
        """A full disk, or a card that is going, must not end the worker again and again: that would end the daemon."""
        try:
            act()
        except (EdgeError, OSError) as error:
            self._order = self._job = None
            if str(error) != self._trouble:
                self._trouble = str(error)
                log.error("updates: %s", error)
            self._stop.wait(WAIT_S)

    def _step(self) -> None:
        if self._job is not None:
            self._go_on(self._job)
        elif (order := self._inbox.get(WAIT_S)) is not None:
            self._begin(order)
        if self._clock().mono_s >= self._look_at_s:
            self._look_at_s = self._clock().mono_s + LOOK_S
            self._look()

    def stop(self) -> None:
        if self._job is not None:
            self._job.close()

    def wake(self) -> None:
        self._stop.set()
        self._inbox.wake()

    def _busy(self) -> bool:
        installing = (self._settings.folder / "update" / JOURNAL).exists()
        return installing or self._order is not None or handover.is_offered(self._state_dir)

    def _begin(self, order: Order) -> None:
        self._order = order
        self._until_s = self._clock().mono_s + FETCH_S
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._folder / ORDER, {"id": order.id, "kid": order.kid})
        except OSError as error:  # HardwareError is one
            self._ended(order.id, order.kid, Outcome(False, "storage", str(error)))
            return
        self._job = self._work(order)

    def _go_on(self, job: Generator[None, None, None]) -> None:
        order = self._order
        assert order is not None  # there is a job, so there is one
        try:
            next(job)
            if self._clock().mono_s < self._until_s:
                return
            job.close()
            outcome = Outcome(False, "source", f"it took longer than {FETCH_S / 60:g} minutes")
        except StopIteration:
            outcome = Outcome(True, detail="verified; update.applied or update.rolledback tells the end")
        except EdgeError as error:
            outcome = Outcome(False, _reason(error), error.message)
        if outcome.applied:
            self._offered_s = self._clock().mono_s
        else:
            handover.withdraw(self._state_dir)
        self._ended(order.id, order.kid, outcome)

    def _work(self, order: Order) -> Generator[None, None, None]:
        """Raises EdgeError where the bundle is not one that this device should have."""
        from edge.update.fetching import fetching, open_address  # which brings an HTTP client with it

        target = self._folder / handover.OFFERED
        assert self._settings.key_file is not None  # `order` has seen to it
        key = read_public_key(self._settings.key_file)
        sha256 = yield from fetching(self._settings.source, order.name, target, self._opened or open_address)
        if order.sha256 and sha256 != order.sha256:
            raise OtherFileError(f"{order.name} has SHA-256 {sha256}", hint="order the one that is there")
        bundle = yield from verifying(target, key)
        if bundle.manifest.version != order.version:
            raise OtherFileError(f"{order.name} brings {bundle.manifest.version}", hint="order that version")
        if order.version == __version__:
            raise UnfitError(f"{order.version} runs already", hint="a release has a version of its own")
        bundle.manifest.check_fit(__version__, downgrade=False)
        handover.offer(self._state_dir, handover.Request(order.id, order.version, sha256))

    def _ended(self, command: str, kid: str, outcome: Outcome) -> None:
        self._settle(Told(command, NAME, kid, outcome))
        self._order = self._job = None
        (self._folder / ORDER).unlink(missing_ok=True)

    def _look(self) -> None:
        """Whether an update has ended, and whether anybody takes the request away."""
        try:
            ended = read_outcome(self._settings.folder / "update")
        except DataError as error:
            log.warning("%s", error)
            ended = None
        if ended is not None and ended.id != self._told:
            kind, priority = _EVENTS[ended.result]
            data = {"version": ended.version, "before": ended.before}
            data |= {"reason": ended.reason} if ended.result == "rolledback" else {}
            self._tell(kind, data | ({"command": ended.command} if ended.command else {}), priority, ended.id)
        if self._order is not None or not handover.is_offered(self._state_dir):
            self._offered_s = None
            return
        now_s = self._clock().mono_s
        self._offered_s = now_s if self._offered_s is None else self._offered_s
        if now_s - self._offered_s >= CLAIM_S:
            request = handover.offered(self._state_dir)
            handover.withdraw(self._state_dir)
            reason = "nobody on this device took it up: is edge-update.path enabled?"
            data = {"version": request.version, "before": __version__, "reason": reason, "command": request.id}
            self._tell("update.rolledback", data, Priority.ALARM, request.id)

    def _tell(self, kind: str, data: Mapping[str, object], priority: Priority, identity: str) -> None:
        log.info("%s: %s", kind, data)
        self._submit(Report(kind, data, priority=priority))
        self._told = identity
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._folder / TOLD, {"id": identity})

    def _remembered(self, name: str) -> dict[str, Any]:
        try:
            return read_whole(self._folder / name) or {}
        except DataError as error:
            log.warning("%s", error)
            return {}


class OtherFileError(DataError):
    """A sound bundle, perhaps, but not the one that was ordered."""


def _reason(error: EdgeError) -> str:
    """In one word. The order matters: the more special errors come first."""
    kinds: tuple[tuple[type[EdgeError], str], ...] = (
        (OtherFileError, "sha256"),
        (BadSignatureError, "signature"),
        (UnfitError, "unfit"),
        (ConfigError, "key"),
        (DataError, "damaged"),
    )
    return next((word for kind, word in kinds if isinstance(error, kind)), "source")
