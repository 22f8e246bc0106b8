"""A whole gate is updated: the wheel of this tree in a real virtual environment, a real daemon before and after."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest

from edge.clock import SystemClock
from edge.errors import EdgeError
from edge.runtime.status import read_status
from edge.store.identity import pem
from edge.update import probation, watching
from edge.update.applying import Site, begin
from edge.update.building import Builder, build_environment
from edge.update.handover import is_offered
from edge.update.journal import JournalFile, Outcome
from edge.update.layout import Layout
from edge.update.making import describe, make
from edge.update.transaction import Tools
from edge.update.watching import Watch, baseline_now
from tests.broker import PrivateBroker, Subscriber
from tests.contract_check import problems_in
from tests.scenario.office_rig import MODULE, Desk
from tests.scenario.rig import LIMIT_S, ROOT, configure, running, until
from tests.update_rig import CREATED, KEY
from tests.update_rig import bundle as tiny_bundle

DEAD = b"raise RuntimeError('this version does not start')\n"


class Gate:
    """A gate as systemd runs it: `current/bin/edge run`, whatever `current` names then."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.layout, self.config = Layout(folder / "opt"), config
        self.site = Site(config, folder / "state", folder / "runtime")
        self.process: subprocess.Popen[bytes] | None = None

    def adopt_this_tree(self) -> None:
        """The version before: this checkout, as if it were installed below /opt/edge."""
        scripts = self.layout.root / ".venv" / "bin"
        scripts.mkdir(parents=True)
        for name, words in (("python", ""), ("edge", "-m edge ")):
            (scripts / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words}"$@"\n')
            (scripts / name).chmod(0o755)
        self.layout.adopt(scripts.parent)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(LIMIT_S)

    def restart(self) -> None:
        self.stop()
        command = [str(self.layout.root / "current" / "bin" / "edge"), "run", "--config", str(self.config)]
        self.process = subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL)

    def status(self) -> dict[str, Any]:
        try:
            return read_status(self.site.runtime_dir)
        except EdgeError:
            return {}

    def update(self, bundle: Path, build: Builder = build_environment) -> Outcome:
        tools = Tools(KEY.public_key, self, baseline_now, SystemClock(), build)
        assert begin(self.layout, tools, bundle, self.site).step == "on probation"
        outcome = Watch(self.layout, tools, "boot").until_over()
        assert outcome is not None
        return outcome


@pytest.fixture
def gate(tmp_path: Path, broker: PrivateBroker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    for module, name, seconds in (
        (probation, "STEADY_S", 1.0),
        (probation, "ABSENT_S", 8.0),
        (watching, "LOOK_S", 0.2),
    ):
        monkeypatch.setattr(module, name, seconds)
    uplink = f'host = "127.0.0.1"\nport = {broker.port}\ntls = false'
    made = Gate(tmp_path, configure(tmp_path, uplink=uplink))
    made.adopt_this_tree()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return next(folder.glob("*.whl"))


def altered(wheel: Path, folder: Path, to: str) -> Path:
    """The wheel as another version."""
    was, target = wheel.name.split("-")[1], folder / f"edge-{to}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w") as archive:
        for one in source.infolist():
            data = source.read(one)
            if one.filename.endswith(("METADATA", "edge/__init__.py")):
                data = data.replace(was.encode(), to.encode())
            if one.filename.endswith("RECORD"):
                data = b"\n".join(line.split(b",")[0] + b",," for line in data.split(b"\n") if line)
                data = data.replace(f"edge-{was}.".encode(), f"edge-{to}.".encode())
            archive.writestr(one.filename.replace(f"edge-{was}.", f"edge-{to}."), data)
    return target


def libraries(folder: Path) -> list[Path]:
    """A wheelhouse of what edge needs: wheels that hold nothing but the way to those of the tests' environment."""
    found = []
    lending = next(path for path in sys.path if path.endswith("site-packages"))
    names = {line.split(";")[0].strip() for line in requires("edge") or () if "extra ==" not in line}
    for name in sorted({_bare(one) for one in names}):
        label, number = name.replace("-", "_"), version(name)
        path, info = folder / f"{label}-{number}-py3-none-any.whl", f"{label}-{number}.dist-info"
        files = {
            f"{label}-lent.pth": f"{lending}\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        with zipfile.ZipFile(path, "w") as archive:
            for inner, text in files.items():
                archive.writestr(inner, text)
            archive.writestr(f"{info}/RECORD", "".join(f"{one},,\n" for one in (*files, f"{info}/RECORD")))
        found.append(path)
    return found


def _bare(requirement: str) -> str:
    """The name in a requirement like `numpy>=1.24`."""
    end = next((place for place, sign in enumerate(requirement) if sign in "<>=!~[ ("), len(requirement))
    return requirement[:end]


def spoilt(layout: Layout, _wheels: Path, version: str, folder: Path) -> None:
    """Builds a copy of the version that runs, which calls itself another one and does not start."""
    shutil.copytree(layout.root / "current", folder, symlinks=True)
    (package,) = folder.glob("lib/python*/site-packages/edge")
    named = (package / "__init__.py").read_text().replace("0.2.0", version)
    (package / "__init__.py").write_text(named)
    (package / "app.py").write_bytes(DEAD)
    script = folder / "bin" / "edge"
    script.write_text(script.read_text().replace("versions/0.2.0/", f"versions/{version}/"))


def test_a_gate_is_updated_and_a_version_that_does_not_start_is_taken_back(
    gate: Gate, wheel: Path, tmp_path: Path, broker: PrivateBroker
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    content = [altered(wheel, wheels, "0.2.0"), *libraries(wheels)]
    bundle = tmp_path / "0.2.0.bundle"
    make(bundle, describe(content, CREATED), content, KEY)

    office = Subscriber(broker.port, ["#"]).start()
    try:
        gate.restart()
        until(lambda: gate.status().get("uplink", {}).get("connected") is True)
        first = gate.update(bundle)
        assert (first.result, first.version, first.before) == ("kept", "0.2.0", "0.1.0")
        assert gate.status()["version"] == "0.2.0"
        office.wait(lambda _: started(office) >= {"0.1.0", "0.2.0"})
        command = [
            str(gate.layout.root / "current" / "bin" / "edge"),
            "update",
            "status",
            "--folder",
            str(gate.layout.root),
        ]
        shown = subprocess.run([*command, "--json"], cwd="/", capture_output=True, text=True, timeout=60, check=True)
        assert json.loads(shown.stdout)["trusted"] == "0.2.0"  # its own scripts run it where it now lies
        second = gate.update(tiny_bundle(tmp_path / "tiny", "0.3.0"), spoilt)
        assert (second.result, second.reason) == ("rolledback", "0.3.0 did not start")
        until(lambda: gate.status().get("version") == "0.2.0")
    finally:
        office.close()


def started(office: Subscriber) -> set[str]:
    """The versions that have said that they are ready."""
    return {
        json.loads(one.payload)["data"]["version"] for one in office.messages if one.topic.endswith("device.started")
    }


def test_the_office_orders_a_version_and_hears_its_end(tmp_path: Path, broker: PrivateBroker) -> None:
    office = Desk(broker.port)
    office.line.start()
    source, root = tmp_path / "source", tmp_path / "opt"
    (root / "update").mkdir(parents=True)
    made = tiny_bundle(source, "0.2.0")
    (tmp_path / "release.pem").write_bytes(pem(KEY.public_key()))
    config = configure(
        tmp_path,
        uplink=f'host = "127.0.0.1"\nport = {broker.port}\ntls = false',
        office=office.table(tmp_path),
        update=f'key_file = "release.pem"\nsource = "{source}"\nfolder = "{root}"',
    )
    sha256 = hashlib.sha256(made.read_bytes()).hexdigest()
    try:
        with running(config, MODULE) as daemon:
            office.wait_until_it_listens()
            wrong = office.order("update", {"version": "0.2.0", "sha256": "0" * 64, "name": made.name})
            assert (wrong["result"], wrong["reason"]) == ("refused", "sha256")
            answer = office.order("update", {"version": "0.2.0", "sha256": sha256, "name": made.name})
            assert answer["result"] == "applied"
            office.event("command.applied", lambda data: data["command"] == answer["id"])
            assert is_offered(tmp_path / "state")
            # What edge-update.service does after its probation:
            JournalFile(root / "update").end(Outcome(answer["id"], "kept", "0.2.0", "0.1.0", "", answer["id"], ""))
            told = office.event("update.applied")
            assert told["data"] == {"version": "0.2.0", "before": "0.1.0", "command": answer["id"]}
            daemon.assert_ends_well()
        assert problems_in([one for one in office.line.messages if "/event/" in one.topic]) == []
    finally:
        office.line.close()
