"""The self-test from end to end on simulated devices: it starts the daemon, loses the broker, kills it, reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.errors import UsageError
from edge.install.doctor import door, lids, listed, rehearse_cut
from edge.install.doctor.acceptance import accept
from edge.install.doctor.bench import Bench, open_bench
from edge.install.doctor.checks import SKIP, Check, Question, Result, Verdict
from edge.install.doctor.report import keep
from edge.install.doctor.walk import Walk
from edge.local.camera import DeskCamera
from edge.store.history import History
from edge.store.reader import EventReader
from edge.store.schema import EVENTS_NAME
from tests.broker import PrivateBroker, Subscriber, single_events
from tests.scenario.rig import TABLES, configure, edge
from tests.scenario.test_waste_station import STATION

SPEAKER = 'driver = "simulated"\nlanguages = ["en"]'
UNSEEN = {"clock", "models", "broker.tls", "broker.access"}
"""What may be a warning: this machine's clock and load, and a broker without TLS and access list."""


def go(walk: Walk, answer: Callable[[Question], str] = lambda asked: asked.answers[0]) -> dict[str, Result]:
    """Through the whole walk, answering as `answer` says."""
    step = walk.forward()
    while step is not None:
        step = walk.forward(answer(step)) if isinstance(step, Question) else walk.forward()
    return {result.check: result for result in walk.results}


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearse_cut, "CUT_S", 2.0)
    monkeypatch.setattr(lids, "LAMP_S", 0.05)


def stored(folder: Path) -> set[str]:
    reader = EventReader(folder / "state" / EVENTS_NAME)
    try:
        return {json.loads(event.body)["id"] for event in History(reader).export()}
    finally:
        reader.close()


def test_a_gate_from_its_first_start_to_the_signed_report(
    tmp_path: Path, broker: PrivateBroker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quick(monkeypatch)
    uplink = f'host = "127.0.0.1"\nport = {broker.port}\ntls = false'
    config = configure(tmp_path, "obama.jpg", speaker=SPEAKER, uplink=uplink)
    office = Subscriber(broker.port).start()
    with open_bench(config, by="doctor") as bench:
        assert bench.child is not None, "no daemon ran, so it is the doctor's own"
        first = bench.child.pid
        walk = Walk(bench, listed.all_checks(rehearse=True))
        with pytest.raises(UsageError, match="not at its end"):
            walk.report("Anna Li")
        results = go(walk)
        assert [name for name, one in results.items() if one.verdict is Verdict.FAILED] == []
        assert {name for name, one in results.items() if one.verdict is Verdict.WARNING} <= UNSEEN
        for name in ("camera.people.frames", "door", "lock", "speaker", "network", "rehearse.broker", "rehearse.kill"):
            assert results[name].verdict is Verdict.PASSED, results[name]
        assert results["rehearse.kill"].judgement.figures["missing"] == 0
        assert bench.child.pid != first, "it was killed and came back"

        frame = DeskCamera(bench.desk).read(10.0)
        assert frame is not None and frame.picture.shape == (480, 640, 3)

        files = accept(walk.report("Anna Li", "no remarks"), bench)
        assert bench.desk.service()["commissioned"] is True
        printed = edge("doctor", "--only", "disk,door", "--config", config, "--json")
        told = json.loads(printed.stdout)
        assert [one["verdict"] for one in told["checks"]] == ["passed", "passed"], printed
        assert (printed.returncode, told["accepted"]) == (0, False)
        bench.wait(lambda: bench.desk.state()["queue"]["figures"]["total"] == 0 or None, 30.0)
        everything = stored(tmp_path)
    office.wait(lambda got: everything <= {json.loads(one.payload)["id"] for m in got for one in single_events(m)})
    office.close()

    key = json.loads(_cli(capsys, "keys", "show", "--config", str(config), "--json"))["signing"]
    words = ("doctor", "verify", str(files.json), "--public", key, "--json")
    genuine = json.loads(_cli(capsys, *words))
    assert (genuine["device"], genuine["accepted"], genuine["installer"]) == ("riverside/gate-1", True, "Anna Li")
    page = files.html.read_text()
    assert "Anna Li" in page and "验收报告" in page and "http" not in page.replace("http-equiv", "")
    files.html.write_text(page.replace("passed 通过", "failed 未通过", 1))
    assert main(words) == 4
    files.html.write_text(page)
    files.json.write_text(files.json.read_text().replace("Anna Li", "Anna Lo"))
    assert main(words) == 4


def _cli(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(words) == 0
    return capsys.readouterr().out


def chosen(*names: str) -> Sequence[Check]:
    return [check for check in listed.all_checks(rehearse=False) if check.name.startswith(names)]


def faults(bench: Bench, *names: str) -> dict[str, str]:
    """What failed, and what to do about it."""
    results = go(Walk(bench, chosen(*names)))
    return {
        name: one.judgement.remedy.en
        for name, one in results.items()
        if one.verdict is Verdict.FAILED and one.judgement.remedy is not None
    }


def test_a_contact_that_never_moves_no_camera_and_no_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "OPENS_S", 1.0)
    monkeypatch.setattr("edge.install.doctor.camera.WATCH_S", 1.0)
    config = configure(tmp_path, door='driver = "simulated"\nopens_after_s = 100.0')
    for picture in (tmp_path / "pictures").iterdir():
        picture.unlink()
    with open_bench(config, by="doctor") as bench:
        found = faults(bench, "camera.people.frames", "door", "network")
        assert "flat cable" in found["camera.people.frames"]
        assert "relay_active" in found["door"]
        assert "firewall" in found["network"]
        walk = Walk(bench, chosen("door"))
        assert isinstance(walk.forward(), Question)
        with pytest.raises(UsageError, match="no answer"):
            walk.forward("perhaps")
        result = walk.forward(SKIP)
        assert isinstance(result, Result) and result.verdict is Verdict.WARNING
        walk = Walk(bench, chosen("network"))
        go(walk)
        report = walk.report("Anna Li")
        with pytest.raises(UsageError, match="failure"):
            accept(report, bench)
        assert not (tmp_path / "state/commissioned.json").exists()
        assert json.loads(keep(report, bench).json.read_text())["accepted"] is False


def test_a_waste_station_moves_its_lids_lights_its_lamps_and_reads_its_levels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    config = configure(tmp_path, **STATION)
    text = config.read_text()
    for name in ("camera", "door"):
        text = text.replace(f"[{name}]\n{TABLES[name]}\n", "")
    config.write_text(text)
    with open_bench(config, by="doctor") as bench:
        results = go(Walk(bench, chosen("lids", "lamps", "levels", "door", "lock")))
        assert {name: one.verdict for name, one in results.items()} == {
            "door": Verdict.SKIPPED,
            "lock": Verdict.SKIPPED,
            "lamps": Verdict.PASSED,
            "lids": Verdict.PASSED,
            "levels": Verdict.PASSED,
        }
        assert results["lids"].judgement.figures["lids"] == ["paper", "other"]
