"""The button inside the housing with which an installer opens the device's own page for a while."""

from __future__ import annotations

from dataclasses import dataclass

from edge.config.wiring import Level, MaybePin


@dataclass(frozen=True, slots=True)
class Service:
    """BCM number; -1: there is no button. `simulated`: the button is a mock pin."""

    button_pin: MaybePin = -1
    button_pressed: Level = "low"
    simulated: bool = False
