"""Who carries out which of the brain's actions, and who looks on when one is reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.actions import Answer, Report, TakePicture
from edge.device.ground import Submit
from edge.drivers.door import DoorPort
from edge.local.desk import LocalDesk
from edge.runtime.dispatch import Dispatcher
from edge.runtime.renewable import Renewable
from edge.runtime.waiting import WaitingTimes
from edge.voice.worker import VoiceWorker

if TYPE_CHECKING:
    from edge.device.credentials import Credentials
    from edge.device.office import Office
    from edge.device.sight import Sight
    from edge.device.station import StationParts

Watch = Callable[[Report, float], None]
"""Sees a report, and when what it tells of was seen (monotonic)."""


def make_dispatcher(
    door: DoorPort | None,
    voice: Renewable[VoiceWorker],
    submit: Submit,
    desk: LocalDesk,
    *,
    office: Office | None,
    sight: Sight | None,
    station: StationParts | None,
    credentials: Credentials | None,
) -> Dispatcher:
    """The dispatcher of these parts; what is for a part that is missing is dropped."""

    def photograph(order: TakePicture) -> bool:
        return sight is not None and sight.snapshots is not None and sight.snapshots.now.take(order)

    def answered(answer: Answer) -> bool:
        return desk.answered(answer) or (office is not None and office.commands.now.answered(answer))

    return Dispatcher(
        door,
        lambda speak: voice.now.say(speak),
        submit,
        lambda announce: voice.now.announce(announce),
        photograph,
        answered,
        **(station.hands() if station else {}),
        **(credentials.hands() if credentials else {}),
    )


def make_watch(waiting: WaitingTimes, sight: Sight | None, watch: Watch) -> Watch:
    """What looks on: how long people waited is counted, and the office may want a picture of it."""
    snapshots = sight.snapshots if sight else None

    def all_of_them(report: Report, seen_s: float) -> None:
        waiting.note(report)
        if snapshots is not None:
            snapshots.now.reported(report)
        watch(report, seen_s)

    return all_of_them
