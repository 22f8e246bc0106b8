"""What the desk answers, and what it keeps, tells and moves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.actions import Answer, Report
from edge.bin_events import LevelRead, Reading
from edge.clock import Now, boot_id
from edge.drivers.camera import Frame
from edge.events import CardShown, ContactChanged, Event, FaceMatched, OrderGiven, PassShown, PinTyped, Tick
from edge.local import service as services
from edge.local.desk import LocalDesk
from edge.local.lent import Lent
from edge.local.seen import Seen
from edge.local.trial import PREFIX, Trials, order_of
from edge.local.view import WANTED_S, View

NOW = Now(10.0, 1_790_000_000_000_000)
STATE = {"device": "gate-1", "bins": {"kitchen": {"percent": 40}}}


class Device:
    """What the desk is lent. A brain that does what it is told, unless `refuses` says why not."""

    def __init__(self, folder: Path) -> None:
        self.posted: list[Event] = []
        self.reports: list[Report] = []
        self.cuts: list[float] = []
        self.signed: list[dict[str, Any]] = []
        self.asked: list[bool] = []
        self.refuses = ""
        self.deaf = False
        lent = Lent(
            self._post,
            lambda report, _now: self.reports.append(report),
            lambda: NOW,
            lambda: STATE,
            self.cuts.append,
            self._sign,
            self._probe,
        )
        self.desk = LocalDesk("riverside/gate-1", folder, folder, lent)

    def _post(self, event: Event) -> bool:
        self.posted.append(event)
        if self.deaf:
            return False
        assert isinstance(event, OrderGiven)
        answer = Answer(event.command, not self.refuses, self.refuses, "because")
        threading.Thread(target=self.desk.answered, args=(answer,)).start()
        return True

    def _sign(self, claims: Mapping[str, Any]) -> str:
        self.signed.append(dict(claims))
        return "head.body.signature"

    def _probe(self, begin: bool) -> dict[str, Any] | None:
        self.asked.append(begin)
        return None if begin else {"connected": True}

    def ask(self, op: Any, **args: Any) -> dict[str, Any]:
        return self.desk.serve({"op": op, "by": "test", **args}, 1000)[0]


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_the_state_is_the_boards(device: Device) -> None:
    assert device.ask("state") == {"ok": True, "state": STATE}


@pytest.mark.parametrize(
    ("asked", "name", "args"),
    [
        ({"part": "relay"}, "test.relay", {"seconds": 1.0}),
        ({"part": "relay", "seconds": 10}, "test.relay", {"seconds": 10.0}),
        ({"part": "lamp", "lamp": "refused"}, "test.lamp", {"lamp": "refused"}),
        ({"part": "lamp", "lamp": "full", "bin": "kitchen"}, "test.binlamp", {"bin": "kitchen", "lamp": "full"}),
        ({"part": "lid", "bin": "kitchen", "seconds": 2}, "test.lid", {"bin": "kitchen", "seconds": 2.0}),
        ({"part": "say", "phrase": "granted"}, "test.say", {"phrase": "granted"}),
    ],
)
def test_a_trial_is_an_order_for_the_brain_that_says_who_asks(
    device: Device, asked: dict[str, Any], name: str, args: dict[str, Any]
) -> None:
    assert device.ask("drive", **asked) == {"ok": True, "done": True}
    assert device.posted == [OrderGiven(name, f"{PREFIX}1", {**args, "by": "test", "uid": 1000})]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"part": "fire"},
        {"part": "relay", "seconds": 0.5},
        {"part": "relay", "seconds": 11},
        {"part": "relay", "seconds": True},
        {"part": "relay", "seconds": float("nan")},
        {"part": "lamp", "lamp": "fire"},
        {"part": "lamp"},
        {"part": "lid"},
        {"part": "lid", "bin": ["kitchen"]},
        {"part": "say", "phrase": "sort_into"},
        {"part": "say", "phrase": "anything at all"},
        {"part": "relay", "by": ""},
        {"part": "relay", "by": "two\nlines"},
        {"part": "relay", "by": "x" * 61},
        {"part": "relay", "by": None},
    ],
)
def test_a_trial_that_makes_no_sense_reaches_nobody(device: Device, asked: dict[str, Any]) -> None:
    assert device.ask("drive", **asked)["error"] == "bad_request"
    assert device.posted == []


def test_what_the_brain_refuses_is_told_with_its_reason(device: Device) -> None:
    device.refuses = "lockdown"
    assert device.ask("drive", part="relay") == {"ok": False, "error": "lockdown", "message": "because"}
    device.deaf = True
    assert device.ask("drive", part="relay")["error"] == "busy"


def test_a_brain_that_does_not_answer_is_not_waited_for_and_its_late_answer_is_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.local.trial.ANSWER_S", 0.01)
    trials = Trials(lambda _event: True)
    with pytest.raises(Exception, match="did not answer") as caught:
        trials.run({"part": "relay"}, "test", 0)
    assert getattr(caught.value, "reason", "") == "silent"
    assert trials.answered(Answer(f"{PREFIX}1", True))
    assert not trials.answered(Answer("9f86", True)), "the office's own"


def test_the_broker_is_lost_and_that_is_told(device: Device) -> None:
    assert device.ask("cut", seconds=5)["ok"]
    assert device.cuts == [5.0]
    assert [(one.type, one.data["part"], one.data["uid"]) for one in device.reports] == [
        ("device.tested", "uplink", 1000)
    ]
    for seconds in (0, 121, True, "5", None, float("nan")):
        assert device.ask("cut", seconds=seconds)["error"] == "bad_request"
    assert device.cuts == [5.0]


COUNTS = {"passed": 9, "warnings": 1, "failed": 0, "skipped": 2}
HASH = "0123456789abcdef" * 4


def test_a_report_is_signed_and_the_office_told_once_it_is_accepted(device: Device) -> None:
    answer = device.ask("sign", sha256={"json": HASH}, accepted=False, **COUNTS)
    assert answer == {"ok": True, "token": "head.body.signature"}
    assert device.reports == []
    assert device.signed[0] == {
        "sha256": {"json": HASH}, "accepted": False, **COUNTS, "aud": "riverside/gate-1", "iat": 1_790_000_000,
    }  # fmt: skip
    assert device.ask("sign", sha256={"json": HASH}, accepted=True, **COUNTS)["ok"]
    (report,) = device.reports
    assert (report.type, report.data["token"]) == ("device.commissioned", "head.body.signature")
    refused = device.ask("sign", sha256={"json": HASH}, accepted=True, **COUNTS | {"failed": 1})
    assert refused["error"] == "failed"
    wrong: list[dict[str, Any]] = [
        {"sha256": None}, {"sha256": {}}, {"sha256": {"json": HASH[:-1]}}, {"sha256": {"json": "G" * 64}},
        {"sha256": dict.fromkeys("abcde", HASH)}, {"accepted": 1}, {"passed": -1}, {"passed": True},
    ]  # fmt: skip
    for changes in wrong:
        given = {"sha256": {"json": HASH}, "accepted": True, **COUNTS, **changes}
        assert device.ask("sign", **given)["error"] == "bad_request"
    assert len(device.signed) == 2


def test_the_broker_is_asked_and_the_answer_fetched(device: Device) -> None:
    assert device.ask("broker", begin=True) == {"ok": True, "answer": None}
    assert device.ask("broker") == {"ok": True, "answer": {"connected": True}}
    assert device.ask("broker", begin="yes")["error"] == "bad_request"
    assert device.asked == [True, False]


def test_what_somebody_at_the_device_sets_or_installs_goes_the_offices_way(device: Device) -> None:
    assert (
        device.ask("configure", changes={})["error"] == device.ask("update", version="0.2.0")["error"] == "unsupported"
    )
    heard: list[Any] = []
    busy = ("busy", "another one waits")

    def configure(request: Any) -> tuple[str, str] | None:
        heard.append(request["changes"])
        return busy if len(heard) > 1 else None

    device.desk.orders["configure"] = configure
    device.desk.orders["update"] = lambda request: None if request["version"] == "0.2.0" else busy
    assert device.ask("configure", changes={"lock": {"unlock_s": 4}})["ok"]
    assert device.ask("configure", changes={})["error"] == "busy"
    assert heard[0] == {"lock": {"unlock_s": 4}}
    assert device.ask("update", version="0.2.0")["ok"] and device.ask("update", version="9.0.0")["error"] == "busy"


def test_levels_are_the_last_readings_beside_what_the_station_makes_of_them(device: Device) -> None:
    device.desk.seen.note(LevelRead("kitchen", "top", Reading(distance_mm=412.0)), 1.0)
    device.desk.seen.note(LevelRead("other", "top", Reading(distance_mm=1.0)), 1.0)
    bins = device.ask("levels")["bins"]
    assert list(bins) == ["kitchen"]
    assert bins["kitchen"]["percent"] == 40
    assert bins["kitchen"]["sensors"]["top"]["distance_mm"] == 412.0
    assert device.ask("seen")["seen"] == {}, "levels have an operation of their own"


def test_what_was_seen_holds_no_secret() -> None:
    seen = Seen(lambda: 12.0)
    for event in (
        CardShown("9f86d081884c7d65", "card", secured=True),
        PinTyped("101", "480213"),
        PassShown("pass-77", "9f86d081884c7d65"),
        ContactChanged(open=True),
        ContactChanged(open=False),
        Tick(),
    ):
        seen.note(event, 10.0)
    told = seen.show()
    assert told["card"] == {"known": True, "secured": True, "ago_s": 2.0, "count": 1}
    assert told["contact"] == {"open": False, "ago_s": 2.0, "count": 2}
    assert set(told) == {"card", "keypad", "pass", "contact"}
    for secret in ("480213", "101", "9f86d081884c7d65", "pass-77"):
        assert secret not in json.dumps(told)


# --- pictures


class Eyes:
    """A camera whose next frame comes as soon as somebody waits for it, and a clock."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.view = View({"kitchen": (0.1, 0.5, 0.4, 0.9)}, lambda: self.now_s)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(0.005):
            self.view.put(frame(self.now_s))

    def close(self) -> None:
        self._ended.set()
        self._thread.join(20.0)


@pytest.fixture
def eyes() -> Iterator[Eyes]:
    made = Eyes()
    yield made
    made.close()


def frame(mono_s: float) -> Frame:
    return Frame(np.full((480, 640, 3), 90, np.uint8), mono_s, 7)


def face(reason: str | None = None) -> Any:
    return SimpleNamespace(
        box=SimpleNamespace(left=160.0, top=120.0, right=320.0, bottom=360.0),
        points=np.full((468, 3), 240.0, np.float32),
        eye_px=np.float32(64.0),
        score=0.9,
        quality=SimpleNamespace(score=0.75, reason=reason),
    )


def test_nothing_is_kept_while_nobody_asks(eyes: Eyes) -> None:
    view = eyes.view
    view.faces(frame(eyes.now_s), [face()], [])
    look = view.newest()
    assert look is not None and look.found == ()
    view.faces(frame(eyes.now_s), [face()], [FaceMatched(1, "9f86", 0.7, 0.6, 3)])
    look = view.newest()
    assert look is not None and look.found[0]["box"] == [0.25, 0.25, 0.5, 0.75]
    told = view.decided()
    assert (told[0]["what"], told[0]["known"], told[0]["life"]) == ("FaceMatched", True, "doubt")
    assert "9f86" not in json.dumps(told)
    eyes.now_s += 1.0
    look = view.newest()
    assert look is not None and look.found == (), "a newer frame rather than an old one with a face"
    eyes.now_s += WANTED_S + 0.1
    view.tidy()
    assert view._looked is None
    assert view.decided() == []


def test_a_frame_is_a_jpeg_with_what_was_found(device: Device, eyes: Eyes) -> None:
    device.desk.views["people"] = eyes.view
    eyes.view.newest()
    eyes.view.faces(frame(eyes.now_s), [face(), face("too_far")], [])
    about, data = device.desk.serve({"op": "frame", "by": "test", "width_px": 320}, 0)
    assert about["size_px"] == [320, 240]
    assert [one["reason"] for one in about["found"]] == [None, "too_far"]
    drawn = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None and drawn.shape == (240, 320, 3)
    plain = device.desk.serve({"op": "frame", "by": "test", "width_px": 320, "draw": False}, 0)[1]
    bare = cv2.imdecode(np.frombuffer(plain, np.uint8), cv2.IMREAD_COLOR)
    assert bare is not None and np.ptp(bare) < 10 < np.ptp(drawn)


def test_however_many_ask_a_jpeg_is_made_ten_times_a_second(
    device: Device, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.desk.views["people"] = eyes.view
    now = [50.0]
    monkeypatch.setattr("edge.local.operations.time", SimpleNamespace(monotonic=lambda: now[0]))
    first = device.desk.serve({"op": "frame", "by": "test"}, 0)[1]
    assert device.desk.serve({"op": "frame", "by": "other"}, 0)[1] is first
    now[0] += 0.11
    assert device.desk.serve({"op": "frame", "by": "test"}, 0)[1] is not first
    now[0] += 0.11
    device.desk.tidy()
    assert device.desk._operations is not None and device.desk._operations._made == {}


def test_a_picture_is_the_frame_in_full(device: Device, eyes: Eyes) -> None:
    device.desk.views["people"] = eyes.view
    about, data = device.desk.serve({"op": "picture", "by": "test"}, 0)
    assert (about["size_px"], about["number"], len(data)) == ([640, 480], 7, 640 * 480 * 3)


def test_a_camera_without_pictures_and_one_that_is_not_there(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.local.view.FRAME_S", 0.01)
    assert device.ask("frame")["error"] == "bad_request"
    device.desk.show("people")
    for op in ("frame", "picture"):
        assert device.ask(op)["error"] == "no_frame"
        assert device.ask(op, camera="station")["error"] == "bad_request"
    assert device.ask("picture", after="x")["error"] == "bad_request"
    for wrong in ({"width_px": 10}, {"width_px": True}, {"draw": 1}, {"camera": ["people"]}):
        assert device.ask("frame", **wrong)["error"] == "bad_request"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = ("op", "by", "part", "seconds", "lamp", "bin", "phrase", "camera", "width_px", "draw")
WORDS = (
    "state",
    "seen",
    "service",
    "levels",
    "frame",
    "picture",
    "drive",
    "cut",
    "relay",
    "lid",
    "say",
    "granted",
    "x",
)
requests = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(WORDS) | anything, max_size=8)


@settings(max_examples=80, deadline=None)
@given(requests)
def test_whatever_is_asked_is_answered(request: dict[str, Any]) -> None:
    nowhere = Path("/nonexistent")
    lent = Lent(
        lambda _event: False,
        lambda _report, _now: None,
        lambda: NOW,
        dict,
        lambda _seconds: None,
        lambda _claims: "token",
        lambda _begin: None,
    )
    desk = LocalDesk("s/d", nowhere, nowhere, lent)
    answer, payload = desk.serve(request, 0)
    assert answer["ok"] or answer["error"]
    assert payload == b""
    json.dumps(answer)


# --- whether the page may be open


def window(folder: Path, **changes: Any) -> None:
    told = {"opened_monotonic": 100.0, "until_monotonic": 700.0, "bootid": boot_id(), **changes}
    (folder / services.WINDOW).write_text(json.dumps(told))


def test_the_window_is_open_for_ten_minutes_of_this_boot(tmp_path: Path) -> None:
    assert services.window_left_s(tmp_path, 200.0) == 0.0
    window(tmp_path)
    assert services.window_left_s(tmp_path, 200.0) == 500.0
    assert services.window_left_s(tmp_path, 700.0) == 0.0
    assert services.window_left_s(tmp_path, 99.0) == 0.0
    for changes in (
        {"bootid": "another"},
        {"until_monotonic": 1e9},
        {"until_monotonic": None},
        {"opened_monotonic": "x"},
    ):
        window(tmp_path, **changes)
        assert services.window_left_s(tmp_path, 200.0) == 0.0
    (tmp_path / services.WINDOW).write_text("[")
    assert services.window_left_s(tmp_path, 200.0) == 0.0


def test_a_device_counts_as_commissioned_once_the_file_is_there(device: Device, tmp_path: Path) -> None:
    assert device.ask("service") == {"ok": True, "commissioned": False, "window_open": False, "left_s": 0.0}
    (tmp_path / services.COMMISSIONED).write_text("damaged")
    assert device.ask("service")["commissioned"] is True


def test_phrases_with_variables_are_not_for_trying() -> None:
    assert order_of({"part": "say", "phrase": "station_greeting"})[1] == {"phrase": "station_greeting"}
