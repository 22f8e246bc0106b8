"""How loud the voice is: softer in the quiet hours, and as loud as it can for an alarm or who asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from edge.clock import Clock
from edge.schedules import Interval, any_covers

FULL_PERCENT = 100
"""The loudest sample of a prompt is then the loudest that the card can make: every rendering is levelled to it."""

USUAL_PERCENT = 60
"""Leaves 4 dB for alarms and for who asks for it, and is what espeak-ng's own renderings come to."""

QUIET_PERCENT = 25
"""8 dB below the usual: still understood at arm's length, not through a window."""


class Loudness:
    """`volume_percent`, and in the hours of `quiet` `quiet_percent`, of what the card can do without distortion.

    `clock` is read anew for each prompt (None: there is none), `zone` is the site's. Hours mean nothing by a clock that
    is not to be trusted: then it is never quiet, since a prompt that is too loud at night does less harm than one by
    day that nobody hears.
    """

    def __init__(
        self,
        volume_percent: int = USUAL_PERCENT,
        quiet_percent: int = QUIET_PERCENT,
        quiet: Sequence[Interval] = (),
        *,
        clock: Clock | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self._volume_percent = volume_percent
        self._quiet_percent = quiet_percent
        self._quiet = tuple(quiet)
        self._clock = clock
        self._zone = zone

    def percent(self, *, full: bool) -> int:
        """The volume at this moment; `full`: at its loudest, whatever the hour."""
        if full:
            return FULL_PERCENT
        local = self.local()
        quiet = local is not None and any_covers(self._quiet, local)
        return self._quiet_percent if quiet else self._volume_percent

    def local(self) -> datetime | None:
        """What a clock on the wall of the site shows; None when that is not known."""
        now = self._clock() if self._clock else None
        return now.wall.astimezone(self._zone) if now and now.trusted else None
