from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from office_samples import (
    ARGS,
    BASE,
    LOST,
    NOW,
    PERSON,
    STRANGER,
    Device,
    approval,
    sent,
    token,
)

from edge.actions import Answer, Priority
from edge.commands.catalogue import COMMANDS
from edge.commands.desk import BRAIN_S, ROOM
from edge.commands.judge import MOST_BYTES
from edge.commands.standing import FILE, StandingFile, reset


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    yield Device(tmp_path)


def after(device: Device, seconds: float) -> None:
    device.now = replace(device.now, mono_s=device.now.mono_s + seconds)


def test_a_command_is_counted_on_the_disk_carried_out_told_and_answered(device: Device) -> None:
    answer = device.tell(token("people.sync", counter=7), "people.sync")
    assert answer == {
        "id": "c-7",
        "cmd": "people.sync",
        "result": "applied",
        "reason": "",
        "detail": "",
        "device": "willow/gate-1",
        "time": NOW.wall.isoformat(timespec="milliseconds"),
    }
    assert device.topics == [(f"{BASE}/reply/1", b"c")]
    assert device.done == [("people.sync", {}), ("after people.sync", {})]
    (report,) = device.told
    assert (report.type, report.priority) == ("command.applied", Priority.ACCESS)
    assert report.data == {"command": "c-7", "cmd": "people.sync", "kid": "office"}
    on_disk = StandingFile(device.folder, NOW).now
    assert (dict(on_disk.last), on_disk.pending) == ({"office": 7}, None)


def test_every_command_of_the_catalogue_is_carried_out_or_honestly_refused(device: Device) -> None:
    for counter, name in enumerate(COMMANDS, 1):
        answer = device.tell(token(name, counter), name)
        assert (answer["result"], answer["reason"]) == (
            ("refused", "unsupported") if name == "update" else ("applied", "")
        )
    carried_out = [(name, dict(args)) for name, args in device.done if not name.startswith("after")]
    assert carried_out == [(name, dict(ARGS.get(name, {}))) for name in COMMANDS if name != "update"]
    assert len(device.told) == len(COMMANDS)
    assert dict(device.standing.now.last) == {"office": len(COMMANDS)}  # an unsupported one is counted too


def test_the_same_again_is_refused_and_told_once_a_minute(device: Device) -> None:
    command = token()
    assert device.tell(command)["result"] == "applied"
    for _ in range(5):
        assert device.tell(command)["reason"] == "replayed"
    assert len(device.done) == 1
    assert device.reports() == [("command.applied", ""), ("command.refused", "replayed")]
    after(device, 60.0)
    device.tell(token(key=STRANGER))
    summary = device.told[2]
    assert summary.data == {
        "command": "c-1",
        "cmd": "unlock",
        "kid": "office",
        "reason": "replayed",
        "detail": "its counter is not above the last one of this key",
        "count": 4,
    }


def test_a_flood_of_forgeries_costs_two_events_and_few_answers(device: Device) -> None:
    forged = token(key=STRANGER)
    for _ in range(500):
        device.tell(forged)
    after(device, 61.0)
    device.tell(b"")
    assert [(report.data["reason"], report.data.get("count")) for report in device.told] == [
        ("altered", None),
        ("altered", 499),
    ]
    assert len(device.replies) == 20
    assert device.done == []
    assert device.tell(token(aud="elsewhere"))["reason"] == "foreign"  # whoever signs hears what is wrong
    assert len(device.tell(b"", "challenge")["nonce"]) == 43


def test_nothing_of_a_strangers_words_is_repeated(device: Device) -> None:
    device.tell(b"my secret words", name="my-own-topic")
    assert device.told[0].data["cmd"] == "unknown"
    assert "my" not in json.dumps([dict(report.data) for report in device.told])


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "edge/v1/willow/gate-2/reply/1",
        f"{BASE}/reply/",
        f"{BASE}/status",
        f"{BASE}/reply/+",
        f"{BASE}/reply/{'x' * 300}",
    ],
)
def test_an_answer_goes_nowhere_but_below_the_devices_own_replies(device: Device, topic: str) -> None:
    assert device.tell(token(), response_topic=topic) == {}
    assert device.done == [("unlock", {"seconds": 3})]


def test_the_inbox_is_bounded_in_messages_and_in_bytes(device: Device) -> None:
    big = sent(b"x" * 10 * MOST_BYTES, correlation=b"y" * 10_000, response_topic="z" * 10_000)
    assert [device.desk.take(big) for _ in range(ROOM + 1)] == [True] * ROOM + [False]
    kept = device.desk.inbox.get(0)
    assert kept is not None
    assert len(kept.payload) == MOST_BYTES + 1
    assert len(kept.correlation) + len(kept.response_topic) < 1000


def test_an_order_waits_for_the_brain_without_holding_the_thread(device: Device) -> None:
    device.brain = False
    assert device.desk.take(sent(token()))
    device.desk.step()
    assert device.desk.waiting
    device.desk.answered(Answer("another", True))
    device.desk.step()
    assert device.desk.waiting
    device.desk.answered(Answer("c-1", False, "stopping", "the device is being shut down"))
    device.desk.step()
    assert (device.replies[0]["result"], device.replies[0]["reason"]) == ("refused", "stopping")


def test_a_brain_that_does_not_answer_is_waited_for_a_bounded_time(device: Device) -> None:
    device.brain = False
    device.desk.take(sent(token("lockdown"), "lockdown"))
    device.desk.step()
    after(device, BRAIN_S)
    device.desk.wake()  # so that the step does not wait in real time
    device.desk.step()
    assert device.replies[0]["reason"] == "no_answer"
    assert not device.standing.now.lockdown


def test_a_full_brain_and_a_missing_part_are_told(device: Device) -> None:
    device.room = False
    assert device.tell(token())["reason"] == "busy"
    device.room, device.missing = True, {"photograph": "no key to seal a picture to"}
    device.replace()
    answer = device.tell(token("photograph", 2), "photograph")
    assert (answer["reason"], answer["detail"]) == ("unsupported", "no key to seal a picture to")
    assert device.done == []


def test_what_fails_is_told_with_its_reason(device: Device) -> None:
    args = {"person": PERSON, "reason": "fails"}
    answer = device.tell(token("people.revoke", args=args), "people.revoke")
    assert (answer["reason"], answer["detail"]) == ("failed", "nobody here has that id")


def test_a_lockdown_outlives_a_power_cut_and_a_release_ends_it(device: Device) -> None:
    device.tell(token("lockdown", 1), "lockdown")
    device.boot()
    assert device.standing.now.lockdown
    device.tell(token("unlock", 2))
    assert device.standing.now.lockdown
    device.tell(token("release", 3), "release")
    device.boot()
    assert not device.standing.now.lockdown


def test_what_a_power_cut_interrupted_is_reported_and_not_carried_out(device: Device) -> None:
    device.brain = False
    device.desk.take(sent(token()))
    device.desk.step()
    device.boot()
    assert device.reports() == [("command.refused", "interrupted")]
    assert device.tell(token())["reason"] == "replayed"
    device.work()
    device.boot()
    assert len(device.told) == 2  # not told again


def test_a_desk_that_was_given_up_cannot_end_what_its_successor_reported(device: Device) -> None:
    device.brain = False
    device.desk.take(sent(token("lockdown"), "lockdown"))
    device.desk.step()
    old = device.desk
    device.replace()
    old.answered(Answer("c-1", True))
    old.step()
    assert device.reports() == [("command.refused", "interrupted")]
    assert not device.standing.now.lockdown


def test_a_disk_that_cannot_be_written_carries_nothing_out(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    device.desk.step()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert device.tell(token())["reason"] == "storage"
        assert device.faults == ["commands cannot be recorded"]
    assert device.tell(token())["reason"] == "replayed"  # its counter is used up
    assert device.tell(token(counter=2))["result"] == "applied"
    assert device.faults == []
    assert device.done == [("unlock", {"seconds": 3})]


def test_a_damaged_file_refuses_everything_until_it_is_reset(device: Device) -> None:
    device.tell(token(counter=5))
    file = device.folder / FILE
    file.write_bytes(file.read_bytes().replace(b"5", b"4"))
    device.boot()
    assert device.faults == ["all commands are refused"]
    assert device.tell(token(counter=6))["reason"] == "standing"
    reset(device.folder, NOW)
    device.boot()
    assert device.tell(token(counter=6))["reason"] == "before_reset"
    assert device.tell(token(counter=1, iat=NOW.wall_us // 1_000_000 + 1))["result"] == "applied"
    assert len(list(device.folder.glob(f"{FILE}.damaged-*"))) == 1


def test_without_the_time_a_challenge_takes_the_place_of_the_expiry(device: Device) -> None:
    device.now = LOST
    assert device.tell(token())["reason"] == "clock"
    challenge = device.tell(b"", "challenge")
    command = token(counter=2, nonce=challenge["nonce"], exp=None)
    assert device.tell(command)["result"] == "applied"
    assert device.tell(token(counter=3, nonce=challenge["nonce"], exp=None))["reason"] == "nonce_used"
    late = device.tell(b"", "challenge")["nonce"]
    after(device, 60.0)
    assert device.tell(token(counter=4, nonce=late, exp=None))["reason"] == "nonce_expired"
    assert device.told[0].data["reason"] == "clock"
    assert len(device.done) == 1


def test_challenges_are_rationed_and_retained_ones_ignored(device: Device) -> None:
    assert device.tell(b"", "challenge", retain=True) == {}
    for _ in range(100):
        device.tell(b"", "challenge")
    assert len(device.replies) == 20
    assert device.told == []


def test_a_deleted_retained_message_is_nothing(device: Device) -> None:
    assert device.tell(b"") == {}
    assert device.told == []


def test_two_people_enrol(device: Device) -> None:
    device.rules = replace(device.rules, two_person=True)
    device.replace()
    add = token("people.add")
    assert device.tell(add, "people.add")["reason"] == "approval_missing"
    assert device.tell(approval(add, 3), "people.add")["result"] == "applied"
    assert dict(device.standing.now.last) == {"office": 1, "second": 3}


def test_what_waits_when_a_desk_is_given_up_is_left_to_its_successor(device: Device) -> None:
    device.desk.take(sent(token()))
    device.desk.wake()
    device.desk.step()
    assert len(device.desk.inbox) == 1
    assert device.done == []
