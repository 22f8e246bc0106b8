"""What the voice has done since its start."""

from __future__ import annotations

from dataclasses import dataclass

LATENCY_LIMIT_MS = 300.0
"""From the decision to the voice. Who hears nothing for longer has let the item go, or walked on."""


@dataclass(frozen=True, slots=True)
class VoiceCounters:
    """Since the start. `last_latency_ms`: from `say` to the player's start, of the newest prompt; None before.

    `dropped`: forgotten in a full queue, or too old. `interrupted`: cut off by a newer or worse one. `failed`: not
    spoken for want of a speaker or a rendering. `merged`: repetitions of one that waited anyway or had just begun.
    `shortened`: the short form was said since the whole was not rendered in time, or could not be worded.
    """

    spoken: int
    dropped: int
    merged: int
    interrupted: int
    failed: int
    shortened: int
    waiting: int
    rendered: int
    unrendered: int
    last_latency_ms: float | None
    worst_latency_ms: float | None
