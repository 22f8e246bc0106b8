from __future__ import annotations

from edge.events import ComponentFailed, ComponentRecovered, Event
from edge.runtime.faults import FaultDesk


class Inbox:
    def __init__(self) -> None:
        self.full = False
        self.got: list[Event] = []

    def post(self, event: Event) -> bool:
        if not self.full:
            self.got.append(event)
        return not self.full


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_fault_and_its_end_are_told_with_its_length() -> None:
    inbox, time = Inbox(), Time()
    desk = FaultDesk(inbox.post, time)
    desk.fault("camera", "no pictures", "unplugged")
    assert desk.present() == {"camera": "no pictures: unplugged"}
    time.now += 4.0
    desk.recovered("camera")
    assert inbox.got == [ComponentFailed("camera", "no pictures", "unplugged"), ComponentRecovered("camera", 4.0)]
    assert desk.present() == {}


def test_a_fault_that_changes_lasts_from_its_beginning() -> None:
    inbox, time = Inbox(), Time()
    desk = FaultDesk(inbox.post, time)
    desk.fault("store", "disk full", "")
    time.now += 2.0
    desk.fault("store", "read-only", "")
    time.now += 3.0
    desk.recovered("store")
    assert inbox.got[-1] == ComponentRecovered("store", 5.0)


def test_recovery_without_a_fault_is_no_news() -> None:
    inbox = Inbox()
    FaultDesk(inbox.post).recovered("camera")
    assert inbox.got == []


def test_what_a_full_inbox_refuses_is_offered_again_in_order() -> None:
    inbox = Inbox()
    desk = FaultDesk(inbox.post, Time())
    inbox.full = True
    desk.fault("camera", "a", "")
    inbox.full = False
    desk.fault("speaker", "b", "")  # not before the one that still waits
    assert inbox.got == []
    desk.retry()
    desk.retry()
    assert inbox.got == [ComponentFailed("camera", "a"), ComponentFailed("speaker", "b")]
