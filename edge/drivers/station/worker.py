"""Samples the station's wires, which also moves its lids, and posts what has changed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from threading import Event as Flag
from typing import Any

from edge.bin_events import Button, ButtonPressed, PresenceChanged, SmokeSensed
from edge.drivers.debounce import Told
from edge.drivers.station import StationInputs, StationPort
from edge.drivers.station.bin_inputs import SMOKE_STABLE_S, BinWatch
from edge.events import Event
from edge.runtime.faults import FaultDesk

COMPONENT = "station"
SAMPLE_S = 0.02
RETRY_S = 0.25
MOST_OWED = 200


class StationInputsWorker:
    """`post` returns False when the inbox is full: what it refused is offered again, in its order. When even that
    grows beyond `MOST_OWED`, levels are told as they stand when there is room again.
    """

    def __init__(
        self,
        station: StationPort,
        bins: Iterable[str],
        post: Callable[[Event], bool],
        faults: FaultDesk,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._station = station
        self._post = post
        self._faults = faults
        self._clock = clock
        self._stop = Flag()
        self._near: Told[bool] = Told()
        self._smoke: Told[bool] = Told(stable_s=SMOKE_STABLE_S)
        self._buttons: dict[Button, Told[bool]] = {button: Told(at_rest=False) for button in Button}
        self._bins = {name: BinWatch(name, self._tell) for name in bins}
        self._owed: deque[Event] = deque()
        self._failing: dict[str, bool] = {}  # by component; one that is not here may have failed a predecessor

    def start(self) -> None:
        """The station was opened by whoever made it: its motors must be off before any worker runs."""

    def step(self) -> None:
        self._stop.wait(RETRY_S if self._failing.get(COMPONENT) else SAMPLE_S)
        if not self._stop.is_set():
            self.look()

    def look(self) -> None:
        """Sample once, and post what is new."""
        now_s = self._clock()
        try:
            inputs = self._station.sample(now_s)
        except OSError as error:
            self._judge(COMPONENT, "unreadable", str(error))
            self._forget()
            return
        self._judge(COMPONENT, "unreadable", "")
        while self._owed and self._post(self._owed[0]):
            self._owed.popleft()
        self._look_at_station(inputs, now_s)
        for name, one in inputs.bins.items():
            watch = self._bins[name]
            watch.look(one, now_s)
            for part, (what, detail) in watch.faults(one, now_s).items():
                self._judge(f"{part}.{name}", what, detail)

    def _look_at_station(self, inputs: StationInputs, now_s: float) -> None:
        if inputs.near is not None:
            self._near.offer(inputs.near, now_s, lambda near: self._tell(PresenceChanged(near)))
        if inputs.smoke is not None:
            self._smoke.offer(inputs.smoke, now_s, lambda smoke: self._tell(SmokeSensed("", smoke)))
        for button, told in self._buttons.items():
            told.offer(button in inputs.pressed, now_s, partial(self._press, button))

    def _press(self, button: Button, pressed: bool) -> bool:
        return not pressed or self._tell(ButtonPressed(button))

    def _forget(self) -> None:
        """Nobody knows what happens meanwhile: afterwards every level is told anew."""
        self._near.forget()
        self._smoke.forget()
        for watch in self._bins.values():
            watch.forget()

    def _tell(self, event: Event) -> bool:
        """Post it, or owe it. False when too much is owed already."""
        if self._owed or not self._post(event):
            if len(self._owed) >= MOST_OWED:
                return False
            self._owed.append(event)
        return True

    def _judge(self, component: str, what: str, detail: str) -> None:
        """Tell the faults' desk when a component fails or works again; an empty `detail` means that it works."""
        fails = bool(detail)
        if self._failing.get(component) is fails:
            return
        self._failing[component] = fails
        if fails:
            self._faults.fault(component, what, detail)
        else:
            self._faults.recovered(component)

    def status(self) -> dict[str, Any]:
        """Where each lid is, and what was counted and sensed."""
        bins = self._bins.items()
        return {
            "lids": {name: watch.position for name, watch in bins if watch.position is not None},
            "figures": {
                "near": self._near.last,
                "drops": {name: watch.drops for name, watch in bins},
                "celsius": {name: watch.celsius for name, watch in bins if watch.celsius is not None},
                "owed": len(self._owed),
            },
        }

    def stop(self) -> None:
        """The station outlives this worker: whoever opened it closes it."""

    def wake(self) -> None:
        self._stop.set()
