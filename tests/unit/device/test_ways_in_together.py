"""Card reader, keypad and the comparing of PINs as the device puts them together, on simulated ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.actions import CheckPin, KeepFailures, Report, Speak, Term
from edge.clock import Now, SystemClock
from edge.device.credentials import Credentials
from edge.device.ground import Ground
from edge.device.rules import Rules
from edge.events import CardShown, Event, FaceUnknown, PinChecked, PinTyped, PinVerdict
from edge.parts.voice import make_book
from edge.people.gallery import load_gallery
from edge.runtime.faults import FaultDesk
from edge.runtime.worker import WorkerThread
from edge.store.pin_failures import initial_failures
from edge.store.pin_hash import hash_pin
from edge.store.roster import Roster
from edge.store.roster_records import Consent, Profile
from tests.unit.device.device_samples import config_of

WAIT_S = 30.0
CONSENT = Consent("signed form 2026-11-22", "edge-1", "office", 1_000)


def ground_of(post: Callable[..., bool]) -> Ground:
    def submit(report: Report, now: Now | None = None) -> None:
        raise AssertionError(f"{report} at {now}: that is the brain's to tell")

    return Ground(post, submit, SystemClock(), FaultDesk(post), threading.Lock())


class Bench:
    """Runs the workers on threads, as the supervisor does, and hears what they post."""

    def __init__(self, state: Path, **tables: Any) -> None:
        self._heard = threading.Condition()
        self.events: list[Event] = []
        self.parts = Credentials(config_of(state, **tables), ground_of(self.post))
        self.threads = [WorkerThread(spec.name, spec.make()) for spec in self.parts.specs]
        for thread in self.threads:
            thread.launch()

    def post(self, event: Event, _seen_s: float = 0.0) -> bool:
        with self._heard:
            self.events.append(event)
            self._heard.notify_all()
        return True

    def wait_for(self, *wanted: Event) -> None:
        found: Callable[[], bool] = lambda: all(one in self.events for one in wanted)  # noqa: E731
        with self._heard:
            assert self._heard.wait_for(found, WAIT_S), self.events

    def stop(self) -> None:
        for thread in self.threads:
            thread.signal()
        assert all(thread.join(WAIT_S) for thread in self.threads)
        assert [thread.failure for thread in self.threads if thread.failure] == []


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path / "state"


@pytest.fixture
def bench(state: Path) -> Iterator[Bench]:
    bench = Bench(state, card={"driver": "simulated"}, keypad={"driver": "reader"})
    yield bench
    bench.stop()


def test_from_the_card_and_the_keys_to_the_answer(bench: Bench, state: Path) -> None:
    own = Profile("Ann", CONSENT, cards=("w26:17-12345",), number="1204", pin_hash=hash_pin("4711"))
    with Roster.open(state, create=True) as roster:
        ann = roster.add(own, [], 1)
        bench.parts.deliver(load_gallery(roster, "net-a"))
    bridge = bench.parts.bridges["card"]
    assert bridge is not None
    bridge.show("w26:17-12345")
    bridge.press("1204*4711#")
    bench.wait_for(CardShown(ann, "card"), PinTyped("1204", "4711"))
    assert bench.parts.check_pin(CheckPin(1, ann, "4711", {ann: 1}))
    bench.wait_for(PinChecked(1, ann, PinVerdict.RIGHT))
    assert initial_failures(state) == {ann: 1}
    assert bench.parts.keep_failures(KeepFailures({}))
    bridge.show("w34:1-1")
    bench.wait_for(CardShown("", "card", alias=bench.parts.alias("w34:1-1")))
    assert bench.parts.alias("w34:1-1") != bench.parts.alias("w34:1-2")
    status = bench.parts.status()
    assert set(status) == {"card", "keypad", "pins"}
    assert all(part["working"] for part in status.values())


def test_a_keypad_alone(state: Path) -> None:
    bench = Bench(state, keypad={"driver": "simulated"})
    try:
        assert [spec.name for spec in bench.parts.specs] == ["pins", "keypad"]
        assert bench.parts.visitor is not None
        bench.parts.visitor.press("4711#")
        bench.wait_for(PinTyped("", "4711"))
        assert bench.parts.owner("w26:17-12345") == ""
    finally:
        bench.stop()


def test_a_reader_alone_compares_no_pins(state: Path) -> None:
    bench = Bench(state, card={"driver": "simulated"})
    try:
        assert [spec.name for spec in bench.parts.specs] == ["card"]
        assert not bench.parts.check_pin(CheckPin(1, "", "4711"))
        assert not bench.parts.keep_failures(KeepFailures({}))
    finally:
        bench.stop()


def test_more_orders_than_anybody_types_are_refused(state: Path) -> None:
    """Before a worker takes them."""
    tables = {"keypad": {"driver": "simulated"}}
    parts = Credentials(config_of(state, **tables), ground_of(lambda *_: True))
    taken = [parts.check_pin(CheckPin(number, "", "4711")) for number in range(30)]
    assert taken == [True] * 16 + [False] * 14


@pytest.mark.parametrize(
    ("tables", "term"),
    [
        ({"office": {"keys": {"anna": "anna.pem"}}}, "way_pass"),
        ({"card": {"driver": "simulated"}}, "way_card"),
        ({"card": {"driver": "simulated"}, "access": {"ways": ["face", "pin"]}}, ""),
    ],
)
def test_the_gate_offers_what_it_is_fitted_with_and_takes(state: Path, tables: dict[str, Any], term: str) -> None:
    config, now = config_of(state, **tables), Now(1.0, 1_790_000_000_000_000)
    rules = Rules(config, None)
    _, actions = rules.roles.step(rules.first((), now, lockdown=False), FaceUnknown(1, 0.2, 0.6, 5), now)
    (spoken,) = [action for action in actions if isinstance(action, Speak)]
    assert [*spoken.values.values()] == ([Term(term)] if term else [])
    assert {line.wordings[0] for line in make_book(config).lines(spoken)} <= set(make_book(config).everything())
