"""What one bin's inputs mean: from raw levels to events, each told once."""

from __future__ import annotations

from collections.abc import Callable

from edge.bin_events import (
    Button,
    ButtonPressed,
    DropSensed,
    HandSensed,
    LidMoved,
    LidPosition,
    SmokeSensed,
    TemperatureRead,
)
from edge.drivers.debounce import Told
from edge.drivers.station import BinInputs
from edge.drivers.station.drops import LONGEST_S, Drops
from edge.events import Event

# A detector latches; a spark on its wire does not.
SMOKE_STABLE_S = 0.5
HAND_LONGEST_S = 60.0  # nobody keeps a hand in there for so long
TEMPERATURE_EVERY_S = 2.0
TEMPERATURE_STEP_C = 0.5


class BinWatch:
    """`tell` returns False when an event cannot be taken: then what changed is offered again at the next look."""

    def __init__(self, name: str, tell: Callable[[Event], bool]) -> None:
        self._name = name
        self._tell = tell
        self._lid: Told[LidPosition] = Told()
        self._hand: Told[bool] = Told()
        self._smoke: Told[bool] = Told(stable_s=SMOKE_STABLE_S)
        self._button: Told[bool] = Told(at_rest=False)
        self._hand_since_s: float | None = None
        self._beam = Drops()
        self._untold_drops = 0
        self._temperature_s = float("-inf")
        self.celsius: float | None = None
        self.drops = 0

    @property
    def position(self) -> LidPosition | None:
        """Where the lid was last told to be."""
        return self._lid.last

    def look(self, inputs: BinInputs, mono_s: float) -> None:
        name, tell = self._name, self._tell
        if inputs.lid is not None:
            self._lid.offer(inputs.lid, mono_s, lambda position: tell(LidMoved(name, position)))
        if inputs.hand is not None:
            self._hand.offer(inputs.hand, mono_s, lambda hand: tell(HandSensed(name, hand)))
        if not inputs.hand:
            self._hand_since_s = None
        elif self._hand_since_s is None:
            self._hand_since_s = mono_s
        if inputs.smoke is not None:
            self._smoke.offer(inputs.smoke, mono_s, lambda smoke: tell(SmokeSensed(name, smoke)))
        pressed = ButtonPressed(Button.OPEN, name)
        self._button.offer(inputs.open_pressed, mono_s, lambda down: not down or tell(pressed))
        if inputs.beam_broken is not None and self._beam.look(inputs.beam_broken, mono_s):
            self.drops += 1
            self._untold_drops += 1
        while self._untold_drops and tell(DropSensed(name)):
            self._untold_drops -= 1
        self._look_at_temperature(inputs.celsius, mono_s)

    def _look_at_temperature(self, celsius: float | None, mono_s: float) -> None:
        if celsius is None:
            self.celsius = None
            return
        step = self.celsius is None or abs(celsius - self.celsius) >= TEMPERATURE_STEP_C
        if (step or mono_s - self._temperature_s >= TEMPERATURE_EVERY_S) and self._tell(
            TemperatureRead(self._name, celsius)
        ):
            self.celsius, self._temperature_s = celsius, mono_s

    def faults(self, inputs: BinInputs, mono_s: float) -> dict[str, tuple[str, str]]:
        """By part: what is wrong and its detail, which is empty where all is well."""
        blocked = f"broken for more than {LONGEST_S:g} s" if self._beam.blocked(mono_s) else ""
        held = self._hand_since_s is not None and mono_s - self._hand_since_s > HAND_LONGEST_S
        return {
            "lid": ("stuck", inputs.lid_fault),
            "beam": ("blocked", blocked),
            "hand": ("blocked", f"for more than {HAND_LONGEST_S:g} s, or its wire is cut" if held else ""),
            "thermometer": ("unreadable", inputs.thermometer_fault),
        }

    def forget(self) -> None:
        """Tell every level anew; a break of the beam that nobody saw the end of is no drop."""
        self._lid.forget()
        self._hand.forget()
        self._hand_since_s = None
        self._smoke.forget()
        self._beam = Drops()
