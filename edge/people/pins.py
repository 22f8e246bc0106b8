"""Compares PINs: beside the brain, since it takes some hundred milliseconds, and on one path whoever it is.

The count of wrong ones is on the disk before anything is compared: a power cut in between costs a try and gives none.
Two comparisons are made each time, with the PIN and with the duress PIN; where somebody has none, is revoked, or does
not exist, with the hash of nothing, which takes as long.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from edge.actions import CheckPin, KeepFailures
from edge.errors import EdgeError, HardwareError
from edge.events import PinChecked, PinVerdict
from edge.runtime.faults import FaultDesk
from edge.runtime.mailbox import Inbox
from edge.store.keys import load_device_key
from edge.store.pin_failures import FailureFile, FailuresLostError, open_failures
from edge.store.pin_hash import matches, nobodys_hash
from edge.store.roster import Roster
from edge.store.roster_schema import ROSTER_NAME

log = logging.getLogger(__name__)

COMPONENT = "pins"
WAIT_S = 0.25
MOST_ORDERS = 16
LATE_S = 2.0
RETRY_S = 5.0
"""Until a count file that could not be reached is tried again. One that is lost waits for a person."""

Orders = Inbox[CheckPin | KeepFailures]


class PinWorker:
    """Takes its orders from `orders`, which outlives it. `pins`: hash of the PIN and of the duress PIN by person,
    either may be empty. `alone` is held while the roster is open here. `compare` is `matches` but in tests.

    While the counts are lost or cannot be kept, no PIN opens; duress is told all the same.
    """

    def __init__(
        self,
        state_dir: Path,
        orders: Orders,
        pins: Callable[[], Mapping[str, tuple[str, str]]],
        post: Callable[[PinChecked], bool],
        faults: FaultDesk,
        alone: AbstractContextManager[Any],
        *,
        compare: Callable[[str, str], bool] = matches,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state_dir = state_dir
        self._orders = orders
        self._pins = pins
        self._post = post
        self._faults = faults
        self._alone = alone
        self._compare = compare
        self._clock = clock
        self._file: FailureFile | None = None
        self._lost = False
        self._retry_s = float("-inf")
        self._nobody = ""
        self._trouble: str | None = None  # a predecessor may have told one
        self._untold: tuple[PinChecked, float] | None = None
        self.checked = self.dropped = 0

    def start(self) -> None:
        self._nobody = nobodys_hash()
        self._open()

    def step(self) -> None:
        if self._file is None and not self._lost and self._clock() >= self._retry_s:
            self._open()
        self._offer()
        match self._orders.get(WAIT_S):
            case CheckPin() as order:
                self._check(order)
            case KeepFailures() as order:
                self._keep(order.failures)
            case None:
                pass

    def _check(self, order: CheckPin) -> None:
        kept = self._keep(order.failures)
        own, duress = self._pins().get(order.person, ("", ""))
        right = self._compare(order.pin, own or self._nobody)
        forced = self._compare(order.pin, duress or self._nobody)
        verdict = PinVerdict.DURESS if forced else PinVerdict.RIGHT if right and kept else PinVerdict.WRONG
        self.checked += 1
        self.dropped += self._untold is not None
        self._untold = (PinChecked(order.ticket, order.person, verdict, opens=kept), self._clock())
        self._offer()

    def _keep(self, failures: Mapping[str, int]) -> bool:
        """Whether they are on the disk now."""
        if self._file is None:
            return False
        try:
            self._file.write(failures)
        except HardwareError as error:
            self._tell("the count of wrong PINs cannot be kept", error)
            return False
        self._recovered()
        return True

    def _open(self) -> None:
        self._retry_s = self._clock() + RETRY_S
        try:
            with self._alone:
                key = load_device_key(self._state_dir, create=not (self._state_dir / ROSTER_NAME).exists())
                with Roster.open(self._state_dir, create=True, key=key) as roster:
                    self._file = open_failures(self._state_dir, roster, key)
        except FailuresLostError as error:
            self._lost = True
            self._tell("the count of wrong PINs is lost, so no PIN opens", error)
        except EdgeError as error:
            self._tell("the count of wrong PINs cannot be kept", error)
        else:
            self._recovered()

    def _offer(self) -> None:
        if self._untold is None:
            return
        event, since_s = self._untold
        if self._post(event):
            self._untold = None
        elif event.verdict is not PinVerdict.DURESS and self._clock() - since_s > LATE_S:
            self.dropped += 1
            self._untold = None

    def _tell(self, what: str, error: EdgeError) -> None:
        if self._trouble != what:
            log.error("%s: %s: %s", COMPONENT, what, error)
            self._trouble = what
            self._faults.fault(COMPONENT, what, f"{error.message}; {error.hint}" if error.hint else error.message)

    def _recovered(self) -> None:
        if self._trouble != "":
            self._trouble = ""
            self._faults.recovered(COMPONENT)

    def status(self) -> dict[str, Any]:
        """For the status board."""
        return {"working": self._file is not None, "figures": {"checked": self.checked, "dropped": self.dropped}}

    def stop(self) -> None:
        """The file is open only while it is written."""

    def wake(self) -> None:
        self._orders.wake()
