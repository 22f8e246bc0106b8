"""How the uplink is doing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UplinkStatus:
    """Counters since the start. `published` counts events handed to the broker, repetitions included; `unconfirmed`
    those that the broker has and the central store has not confirmed; `received`, `dropped` and `failed` are of what
    came in. `listening`: the broker lets us hear all that we asked for. `mqtt`: the version spoken, empty while there
    is no connection.
    """

    connected: bool
    listening: bool
    mqtt: str
    connects: int
    published: int
    acknowledged: int
    refused: int
    under_way: int
    unconfirmed: int
    received: int
    dropped: int
    failed: int
    last_error: str
