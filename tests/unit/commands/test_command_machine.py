"""Whatever comes in whatever order, with power cuts at any file operation: nothing is carried out twice, and nothing
that was accepted goes without a word.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from office_samples import NOW_S, PERSON, STRANGER, Device, sent, token

from edge.commands.outcome import Executor, Outcome
from edge.commands.standing import FILE
from edge.store import handles


class PowerCutError(BaseException):
    """Nothing between the cut and the next boot runs."""


class Disk:
    """`os`, with a power cut before or after any file operation of the standing. `renamed`: is told of each rename
    that is to be made durable now.
    """

    def __init__(self) -> None:
        self.left: int | None = None
        self.renamed: Callable[[], object] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def point(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise PowerCutError

    def open(self, path: Any, flags: int, *how: Any, **where: Any) -> int:
        if flags & os.O_CREAT:
            self.point()
        return os.open(path, flags, *how, **where)

    def fsync(self, handle: int) -> None:
        self.point()
        if stat.S_ISDIR(os.fstat(handle).st_mode):  # until now renamed in memory only
            self.renamed()
        os.fsync(handle)
        self.point()


class Sleepless(Device):
    """What is carried out is written down by its counter, and the power may be cut around it."""

    disk: Disk

    def executor(self, _name: str) -> Executor:
        def execute(args: Mapping[str, Any]) -> Outcome:
            self.disk.point()
            self.done.append((args["reason"], args))
            self.disk.point()
            return Outcome(True)

        return execute

    def post(self, order: Any) -> bool:
        self.disk.point()
        accepted = super().post(order)
        self.disk.point()
        return accepted


class CommandMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.disk = Disk()
        handles.os = self.disk  # type: ignore[attr-defined]
        Sleepless.disk = self.disk
        self.device = Sleepless(Path(self.folder.name))
        self.counter = 0
        self.known: dict[str, bytes] = {}

    @property
    def carried_out(self) -> Counter[str]:
        return Counter(name for name, _ in self.device.done)

    def command(self, counter: int, **changes: Any) -> bytes:
        args = {"person": PERSON, "reason": str(counter)}
        return token(
            "people.revoke", counter, args=args, iat=NOW_S + self.passed, exp=NOW_S + self.passed + 60, **changes
        )

    @property
    def passed(self) -> int:
        return round(self.device.now.mono_s - 1000)

    def tell(self, payload: bytes, name: str = "people.revoke", **changes: Any) -> str:
        before = len(self.device.replies)
        self.device.desk.take(sent(payload, name, **changes))
        self.device.work()
        return self.device.replies[-1]["reason"] if len(self.device.replies) > before else "unanswered"

    @initialize()
    def begin(self) -> None:
        assert not self.device.told

    @rule(gap=st.integers(1, 3))
    def fresh(self, gap: int) -> None:
        self.counter += gap
        payload = self.command(self.counter)
        self.known[str(self.counter)] = payload
        assert self.tell(payload) in ("", "unanswered")
        assert self.carried_out[str(self.counter)] == 1

    @rule(back=st.integers(0, 4))
    def late_or_again(self, back: int) -> None:
        """A counter that was passed over, or was used."""
        if self.counter > back:
            assert self.tell(self.command(self.counter - back)) in ("replayed", "unanswered")

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        payload = self.known[data.draw(st.sampled_from(sorted(self.known)))]
        assert self.tell(payload) in ("replayed", "expired", "unanswered", "")

    @rule()
    def never(self) -> None:
        before = self.carried_out
        counter = self.counter + 10
        now = NOW_S + self.passed
        args = {"person": PERSON, "reason": "never"}
        for wrong in ({"aud": "willow/gate-2"}, {"exp": now, "iat": now - 1}, {"key": STRANGER}, {"iat": now + 61}):
            assert self.tell(token("people.revoke", counter, args=args, **{"iat": now, "exp": now + 60, **wrong})) != ""
        assert self.tell(self.command(counter), retain=True) in ("retained", "unanswered")
        assert self.carried_out == before

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        now = self.device.now
        self.device.now = replace(now, mono_s=now.mono_s + seconds, wall_us=now.wall_us + seconds * 1_000_000)

    @rule(at=st.integers(0, 12), kept=st.booleans(), by_brain=st.booleans())
    def power_cut(self, at: int, kept: bool, by_brain: bool) -> None:
        """While a command is worked on. `kept`: whether a rename that was not yet made durable is there afterwards."""
        self.counter += 1
        name = "unlock" if by_brain else "people.revoke"
        extra: dict[str, Any] = {"cmd": "unlock", "args": {"seconds": 1}} if by_brain else {}
        payload = (
            self.command(self.counter)
            if not by_brain
            else token("unlock", self.counter, iat=NOW_S + self.passed, exp=NOW_S + self.passed + 60, **extra)
        )
        file = Path(self.folder.name, FILE)
        contents = [file.read_bytes() if file.exists() else b""]
        told, done, replies = len(self.device.told), sum(self.carried_out.values()), len(self.device.replies)
        self.disk.left = at
        self.disk.renamed = lambda: contents.append(file.read_bytes())
        try:
            self.device.desk.take(sent(payload, name))
            self.device.work()
            cut = False
        except PowerCutError:
            cut = True
        self.disk.left = None
        self.disk.renamed = lambda: None
        if not kept and file.exists() and contents[-1] != file.read_bytes():
            file.write_bytes(contents[-1]) if contents[-1] else file.unlink()
        if cut:
            self.device.boot()
        carried_out = sum(self.carried_out.values()) - done
        assert carried_out <= 1
        ids = {report.data["command"] for report in self.device.told[told:]}
        counted = dict(self.device.standing.now.last).get("office", 0) >= self.counter
        assert counted or not carried_out  # what was done is counted for good
        if counted:  # and what was counted is not passed over in silence
            assert f"c-{self.counter}" in ids
        for answer in self.device.replies[replies:]:
            assert (answer["result"] == "applied") == (carried_out == 1)
        if counted:
            assert self.tell(payload, name) in ("replayed", "unanswered")
        else:  # sent again, as the office does without an answer
            assert self.tell(payload, name) in ("", "unanswered")
        assert sum(self.carried_out.values()) - done <= 1

    @invariant()
    def nothing_twice(self) -> None:
        assert all(times == 1 for name, times in self.carried_out.items() if name != "unlock")
        assert "never" not in self.carried_out

    def teardown(self) -> None:
        handles.os = os  # type: ignore[attr-defined]
        self.folder.cleanup()


TestCommandMachine: Any = CommandMachine.TestCase
TestCommandMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
