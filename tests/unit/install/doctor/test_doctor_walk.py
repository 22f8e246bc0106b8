"""The walk itself: questions, answers, errors and cancellation, whatever the checks are; and the report's page."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import build_parser, main
from edge.cli import doctor as cli
from edge.errors import DataError, HardwareError, UsageError
from edge.install.doctor.bench import Bench, run_tool
from edge.install.doctor.checks import NO, READY, SKIP, YES, Question, Result, Steps, Text, Verdict, failed, passed
from edge.install.doctor.child import Child
from edge.install.doctor.genuine import read_public, verify_report
from edge.install.doctor.listed import all_checks
from edge.install.doctor.page import page
from edge.install.doctor.report import keep, make_report
from edge.install.doctor.walk import Walk
from edge.local.client import Desk, RefusedError
from tests.unit.install.doctor.doctor_samples import GATE, FakeDesk, bench

SAID, ASKED = Text("it works", "正常"), Text("does it work?", "正常吗？")
MEND = Text("mend it", "请修理")


class Simple:
    """Asks whether it works, and believes it."""

    name, title = "simple", Text("simple", "简单")

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, _bench: Bench) -> Steps:
        answer = yield ASKED, (YES, NO)
        return passed(SAID) if answer == YES else failed(SAID, MEND)


class Broken(Simple):
    name = "broken"

    def run(self, _bench: Bench) -> Steps:
        yield ASKED, (READY,)
        raise HardwareError("no such port", hint="plug it in")


class Patient(Simple):
    """Waits for what never comes."""

    name = "patient"

    def run(self, bench: Bench) -> Steps:
        yield ASKED, (READY,)
        return passed(SAID) if bench.wait(lambda: None, 3600.0) else failed(SAID, MEND, waited=True)


def test_questions_are_answered_and_nothing_else_is_taken(tmp_path: Path) -> None:
    walk = Walk(bench(tmp_path), [Simple(), Broken()])
    assert [name for name, _ in walk.outline()] == ["simple", "broken"]
    with pytest.raises(UsageError, match="nothing was asked"):
        walk.forward(YES)
    asked = walk.forward()
    assert asked == Question("simple", ASKED, (YES, NO, SKIP))
    for wrong in ("", "maybe", READY):
        with pytest.raises(UsageError, match="no answer"):
            walk.forward(wrong)
    result = walk.forward(NO)
    assert isinstance(result, Result) and result.verdict is Verdict.FAILED


def test_an_error_is_a_failure_with_its_hint_as_the_remedy(tmp_path: Path) -> None:
    walk = Walk(bench(tmp_path), [Broken()])
    walk.forward()
    result = walk.forward(READY)
    assert isinstance(result, Result) and result.judgement.remedy is not None
    assert "no such port" in result.judgement.said.en and result.judgement.remedy.en == "plug it in"
    assert walk.forward() is None and walk.forward() is None


def test_what_nobody_waits_for_any_more_is_left_open(tmp_path: Path) -> None:
    at = bench(tmp_path)
    at.cancelled = threading.Event()
    walk = Walk(at, [Patient(), Simple()])
    walk.forward()
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(walk.forward(READY)))
    thread.start()
    while thread.is_alive():  # the walk forgets what was cancelled before it waits
        walk.cancel()
        thread.join(0.05)
    assert found[0].verdict is Verdict.WARNING and found[0].judgement.figures == {"waited": True}
    assert isinstance(walk.forward(), Question), "and the walk goes on"


def test_each_check_has_a_name_of_its_own_and_titles_in_both_languages() -> None:
    checks = all_checks(rehearse=True)
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    assert all(check.title.en and any("一" <= sign <= "鿿" for sign in check.title.cmn) for check in checks)
    assert not [check for check in all_checks(rehearse=False) if check.name.startswith("rehearse")]


# --- the report


def test_nothing_in_a_report_can_break_out_of_its_page(tmp_path: Path) -> None:
    nasty = '<script>alert("x")</script>'
    at = bench(tmp_path)
    report = make_report(
        at, [Result("x", Text(nasty, nasty), failed(Text(nasty, "坏"), MEND, name=nasty), 1.0)], nasty, nasty
    )
    html = page({**report.as_json(), "accepted": False})
    assert nasty not in html and html.count("&lt;script&gt;") >= 5
    for name, note in (("x" * 81, ""), ("a\x00b", ""), ("a", "x" * 2001), ("two\x1blines", "")):
        with pytest.raises(UsageError, match="does not fit"):
            make_report(at, [], name, note)


def test_a_report_that_is_not_signed_is_not_left_behind(tmp_path: Path) -> None:
    at = bench(tmp_path)

    def refuse(*_args: object, **_kwargs: object) -> str:
        raise RefusedError("failed", "no device key")

    at.desk.sign = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(RefusedError):
        keep(make_report(at, [], "Anna", ""), at)
    assert list((tmp_path / "state/acceptance").iterdir()) == []


def test_what_is_no_report_and_what_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    with pytest.raises(DataError, match="not complete"):
        verify_report(file, "AAAA")
    for ending, content in (("json", "[]"), ("html", ""), ("jws", "a.b.c")):
        (tmp_path / f"a.{ending}").write_text(content)
    with pytest.raises(DataError, match="no acceptance report"):
        verify_report(file, "AAAA")
    for text in ("AAAA", "no key!", ""):
        with pytest.raises(UsageError, match="no key"):
            read_public(text)


# --- the command line


def args(*words: str) -> Any:
    return build_parser().parse_args(["doctor", *words])


def test_only_some_checks_and_none_of_that_name() -> None:
    names = [check.name for check in cli._chosen(args("--only", "camera.people, door"))]
    assert names == ["camera.people.frames", "camera.people.picture", "camera.people.infrared", "door"]
    with pytest.raises(UsageError, match="no check"):
        cli._chosen(args("--only", "nothing"))


@pytest.mark.parametrize("words", [["--accept"], ["--accept", "--installer", "A", "--only", "disk"]])
def test_acceptance_needs_a_name_and_all_checks(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *words]) == 2
    assert "installer" in capsys.readouterr().err or "--only" in " ".join(words)


def test_answers_are_taken_by_their_first_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Question("x", ASKED, (YES, NO, SKIP))
    monkeypatch.setattr("sys.stdin", io.StringIO("perhaps\n\nN\n"))
    assert cli._ask(asked, "cmn") == NO
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert cli._ask(Question("x", ASKED, (READY, SKIP)), "en") == READY
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(KeyboardInterrupt):
        cli._ask(asked, "en")
    assert cli._unasked(asked) == SKIP
    assert cli._unasked(Question("x", ASKED, (READY, SKIP))) == READY


def test_a_daemon_that_does_not_start_says_why(tmp_path: Path) -> None:
    bench(tmp_path, FakeDesk())
    (tmp_path / "edge.toml").write_text(GATE.replace('driver = "{door}"', 'driver = "gpio"\nrelay_pin = 99'))
    child = Child(tmp_path / "edge.toml", tmp_path / "state", tmp_path / "run")
    with pytest.raises(HardwareError, match=r"does not start: .*relay_pin"):
        child.start(Desk(tmp_path / "run", "test"))
    child.stop()


def test_programs_of_the_machine() -> None:
    assert run_tool(["no-such-program-of-ours"]).code is None
    assert run_tool(["sh", "-c", "echo said; exit 3"]).text == "said"
    assert run_tool(["sleep", "5"], timeout_s=0.1).code == 1
    assert json.dumps(Text("a", "b").as_json()) == '{"en": "a", "cmn": "b"}'
