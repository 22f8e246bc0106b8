"""A device whose versions are tiny programs, so that an update of it takes a fraction of a second.

    python -m tests.update_rig every-point FOLDER BEHAVIOUR [STRIDE [MIGRATION]]
        a SIGKILL before each call that changes the disk, in turn
    python -m tests.update_rig apply|resume FOLDER [BUNDLE]    one process, to be killed from outside

Its units stand in a root of its own, and name the version that they are of.

A version behaves as its wheel says: `healthy`; `faulty` reports a fault; `absent` never comes up; `crashing` ends again
and again; `liar` calls itself another version; `picky` does not take the configuration; `mute` is no program at all.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import types
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import Now
from edge.store.schema import EVENTS_NAME, NAMES
from edge.update import building, transaction
from edge.update import layout as layouts
from edge.update.applying import Site, begin
from edge.update.journal import Journal, JournalFile, Outcome, read_outcome
from edge.update.layout import CURRENT, PREVIOUS, TRUSTED, Layout
from edge.update.making import describe, make
from edge.update.manifest import is_newer
from edge.update.placing import differing
from edge.update.shipped import UNITS, Pair, shipped
from edge.update.systemctl import Systemctl
from edge.update.transaction import Tools
from edge.update.units import Installed, carry_out
from edge.update.watching import Watch, baseline_now

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
CREATED = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
WALL_US = 1_795_834_800_000_000
OLD, NEW, OLDER = "0.1.0", "0.2.0", "0.0.9"
PACE = 8.0
"""How much faster time passes for a device that waits."""

PROGRAM = """
import json, sys
from edge import __version__, BEHAVIOUR, KNOWN
words = sys.argv[1:]
if words == ["--version"]:
    print("edge", "9.9.9" if BEHAVIOUR == "liar" else __version__)
elif words[0] == "check":
    if BEHAVIOUR == "picky":
        sys.exit("edge: gate.toml:1: device: unknown key")
elif words[:2] == ["update", "readable"]:
    import sqlite3
    foreign = []
    for name in ("events.db", "roster.db"):
        try:
            conn = sqlite3.connect(f"file:{words[3]}/{name}?mode=ro", uri=True)
            applied = [one for (one,) in conn.execute("SELECT name FROM _sqlite_migrations")]
        except sqlite3.Error:
            continue
        if any(one not in KNOWN and not one.endswith("_adds") for one in applied):
            foreign.append(name)
    print(json.dumps({"readable": not foreign, "foreign": foreign}))
else:
    sys.exit(f"no such command: {words}")
"""
KNOWN = (*NAMES, "1 people, templates, meta", "2 zones, zone_marks")

SITE = "lib/python3/site-packages"
DROP_IN, MASK, FOREIGN = (
    f"{UNITS}/{name}" for name in ("edge.service.d/mine.conf", "edge-masked.timer", "other.service")
)
"""What the installer has put beside the units: no update touches it."""
_SERVICE = (
    "[Unit]\nDescription={name} of {version}\n[Service]\nType=oneshot\nExecStart=/opt/edge/{link}/bin/edge {name}\n"
)
_TIMER = "[Unit]\nDescription={name} of {version}\n[Timer]\nOnBootSec=9\n[Install]\nWantedBy=timers.target\n"


def units_of(version: str) -> dict[str, str]:
    """What a version brings for systemd, by its place in `systemd/`. One that is not the old one has two timers more,
    one of them for what the trusted version does, and one less.
    """
    links = {"edge": CURRENT, "edge-update": TRUSTED, "edge-masked": CURRENT}
    links |= {"edge-gone": CURRENT} if version == OLD else {"edge-fresh": CURRENT, "edge-later": TRUSTED}
    found = {"sysusers.d/edge.conf": f"# of {version}\n", "edge-units.service": _SERVICE.replace("{link}", TRUSTED)}
    for name, link in links.items():
        found[f"{name}.service"] = _SERVICE.replace("{link}", link)
        if name != "edge":
            found[f"{name}.timer"] = _TIMER
    return {
        path: text.format(name=path.partition(".")[0], version=version) if path.startswith("edge") else text
        for path, text in found.items()
    }


class Linking(Systemctl):
    """Enables and disables by a link, as `systemctl` does, and starts nothing."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.wants = root / UNITS / "timers.target.wants"

    def preset(self, unit: str) -> None:
        self.wants.mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError):
            (self.wants / unit).symlink_to(f"../{unit}")

    def disable(self, unit: str) -> None:
        (self.wants / unit).unlink(missing_ok=True)


class Placed(Installed):
    """The machine's units; that systemd takes them is tried elsewhere, and takes longer than all the rest here."""

    def check(self, version: Path) -> None:
        shipped(version)


def wheel(folder: Path, version: str, behaviour: str = "healthy") -> Path:
    """A wheel of a version that behaves like this."""
    path = folder / f"edge-{version}-py3-none-any.whl"
    info = f"edge-{version}.dist-info"
    program = "syntax error here" if behaviour == "mute" else PROGRAM
    constants = f'__version__ = "{version}"\nBEHAVIOUR = "{behaviour}"\nKNOWN = {KNOWN!r}\n'
    files = {
        "edge/__init__.py": constants,
        "edge/__main__.py": program,
        f"edge-{version}.data/scripts/edge": "#!python\nimport runpy\nrunpy.run_module('edge', alter_sys=True)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: edge\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files |= {f"edge/_data/systemd/{name}": text for name, text in units_of(version).items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            archive.writestr(entry, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD")))
    return path


def bundle(
    folder: Path, version: str = NEW, behaviour: str = "healthy", key: Ed25519PrivateKey = KEY, **described: Any
) -> Path:
    """A signed bundle of one such wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    wheels = [wheel(folder, version, behaviour)]
    target = folder / f"edge-{version}-{behaviour}.bundle"
    make(target, describe(wheels, CREATED, **described), wheels, key)
    return target


def quick_build(_layout: Layout, wheels: Path, _version: str, folder: Path) -> None:
    """Like a virtual environment, as far as it is used here."""
    (folder / "bin").mkdir(parents=True)
    with zipfile.ZipFile(next(wheels.glob("edge-*.whl"))) as archive:
        archive.extractall(folder / SITE)
    where = 'here="$(dirname "$(readlink -f "$0")")"\n'
    interpreter = Path(sys.executable).resolve()
    scripts = {
        "python": f'#!/bin/sh\n{where}PYTHONPATH="$here/../{SITE}" exec {interpreter} -S "$@"\n',
        "edge": f'#!/bin/sh\n{where}exec "$here/python" -m edge "$@"\n',
    }
    for name, text in scripts.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)


@dataclass
class Device:
    """What systemd, the daemon and time do. Time passes when somebody waits."""

    folder: Path
    wall_s: float = 0.0
    restarts: int = 0
    stops: int = 0
    waits: int = 0
    stopped: bool = False
    connected: bool = True
    faults: tuple[str, ...] = ()
    migrate: Callable[[Path], None] = lambda _state: None
    build: building.Builder = quick_build
    _pid: int = 1
    _began_s: float = 0.0
    now_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.layout = Layout(self.folder / "opt")
        self.state_dir, self.runtime_dir = self.folder / "state", self.folder / "run"
        self.config, self.root = self.folder / "gate.toml", self.folder / "root"
        self.site = Site(self.config, self.state_dir, self.runtime_dir)
        self.file = JournalFile(self.layout.work)
        self._began_s = self.now_s

    def set_up(self) -> Device:
        """With the old version in its place, and events in its database."""
        for each in (self.layout.versions, self.layout.work, self.state_dir, self.runtime_dir):
            each.mkdir(parents=True)
        self.config.write_text("")
        wheels = self.folder / "wheels"
        wheels.mkdir()
        wheel(wheels, OLD)
        quick_build(self.layout, wheels, OLD, self.layout.place(OLD))
        self.layout.adopt(self.layout.place(OLD))
        self._set_up_units()
        with closing(sqlite3.connect(self.state_dir / "events.db")) as conn:
            conn.execute("CREATE TABLE _sqlite_migrations (id INTEGER, migration_set TEXT, name TEXT, applied_at TEXT)")
            conn.executemany("INSERT INTO _sqlite_migrations VALUES (1, 'events', ?, '')", [(name,) for name in NAMES])
            conn.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, wall_us INT, mono_us INT, body BLOB)")
            conn.execute("CREATE TABLE outbox (priority INT, position INT)")
            conn.execute("INSERT INTO events VALUES (1, 2, 3, 'first')")
            conn.commit()
        self.refresh()
        return self

    def _set_up_units(self) -> None:
        (self.root / UNITS).mkdir(parents=True)
        (self.root / MASK).symlink_to("/dev/null")
        for path, text in ((DROP_IN, "[Service]\nNice=5\n"), (FOREIGN, "of somebody else\n")):
            (self.root / path).parent.mkdir(exist_ok=True)
            (self.root / path).write_text(text)
        carry_out(self.layout, self.root, self.systemctl)
        for timer in ("edge-update.timer", "edge-gone.timer"):
            self.systemctl.preset(timer)

    @property
    def systemctl(self) -> Linking:
        return Linking(self.root)

    @property
    def units(self) -> Placed:
        return Placed(self.layout, self.root, lambda: carry_out(self.layout, self.root, self.systemctl))

    def tools(self, key: Ed25519PrivateKey = KEY) -> Tools:
        return Tools(lambda: key.public_key(), self, baseline_now, self.now, self.build, self.units)

    def now(self) -> Now:
        return Now(self.now_s, WALL_US)

    def watch(self, boot: str = "boot-1") -> Watch:
        return Watch(self.layout, self.tools(), boot)

    def apply(self, bundle: Path, **options: Any) -> Journal:
        return begin(self.layout, self.tools(), bundle, self.site, **options)

    def until_over(self, boot: str = "boot-1") -> Outcome | None:
        return self.watch(boot).until_over(self.wait)

    def wait(self, seconds: float) -> None:
        self.waits += 1
        assert self.waits < 5000, "it never ends"
        self.now_s += PACE * seconds
        self.refresh()

    def stop(self) -> None:
        self.stops += 1
        self.stopped = True
        (self.runtime_dir / "status.json").unlink(missing_ok=True)

    def restart(self) -> None:
        self.restarts += 1
        self.stopped = False
        self._began_s = self.now_s
        if self.constant("__version__") != OLD:
            self.migrate(self.state_dir)
        self.refresh()

    def constant(self, name: str) -> str:
        """Of the version that `current` names."""
        current = self.layout.folder(CURRENT)
        assert current is not None
        places = ("lib/python*/site-packages/edge/__init__.py",)
        (file,) = [path for place in places for path in current.glob(place)]
        scope: dict[str, Any] = {}
        exec(file.read_text(), scope)
        return str(scope[name])

    def refresh(self) -> None:
        """What the daemon does every second."""
        behaviour, status = self.constant("BEHAVIOUR"), self.runtime_dir / "status.json"
        if self.stopped or behaviour in ("absent", "mute"):
            status.unlink(missing_ok=True)
            return
        if behaviour == "crashing":
            self._began_s = self.now_s
        faults = (*self.faults, *(["camera"] if behaviour == "faulty" else []))
        said = {
            "version": self.constant("__version__"),
            "pid": self._pid,
            "uptime_s": self.now_s - self._began_s - (0.001 * self.now_s if behaviour == "crashing" else 0.0),
            "faults": dict.fromkeys(faults, ""),
            "uplink": {"connected": self.connected, "figures": {"acknowledged": int(self.connected)}},
        }
        status.write_text(json.dumps(said))

    def works(self) -> str:
        """The version that `current` names, which must be complete and answer, and so must the trusted one."""
        for link in (CURRENT, TRUSTED):
            folder = self.layout.folder(link)
            assert folder is not None, f"{link} names nothing"
            answer = layouts.run(folder, "--version", timeout_s=60.0)
            assert answer.returncode == 0 or self.constant("BEHAVIOUR") in ("mute", "liar"), answer.stderr
        self._units_work()
        return self.constant("__version__")

    def _units_work(self) -> None:
        """Each is whole, and of no newer version than the one that it runs; what the installer has put there stays."""
        pair = self.pair()
        watched, watching = pair.running.name, pair.watching.name
        for path in sorted(one for one in (self.root / UNITS).glob("edge*.*") if one.is_file()):
            text = path.read_text()
            (version,) = re.findall(rf"^Description={path.stem} of (\S+)$", text, re.MULTILINE)
            assert text == units_of(version)[path.name], f"{path.name} is of no version"
            brings = units_of(version)[f"{path.stem}.service"]
            limit = watching if f"/{TRUSTED}/" in brings else watched
            assert not is_newer(version, limit), f"{path.name} of {version} runs {limit}"
        assert (self.root / MASK).readlink() == Path("/dev/null")
        assert (self.root / DROP_IN).read_text() == "[Service]\nNice=5\n"
        assert (self.root / FOREIGN).read_text() == "of somebody else\n"

    def pair(self) -> Pair:
        current, trusted = self.layout.folder(CURRENT), self.layout.folder(TRUSTED)
        assert current is not None and trusted is not None
        return Pair(current, trusted)

    def units_left(self) -> list[str]:
        """What is not in its place as the versions that run bring it, or is there and should not be."""
        files = self.pair().files()
        left = differing(self.root, files)
        there = {path.name for path in (self.root / UNITS).iterdir() if path.is_file()} - {Path(FOREIGN).name}
        left += sorted(there - {name.rpartition("/")[2] for name in files})
        timers = {name.rpartition("/")[2] for name in files if name.endswith(".timer") and name != MASK}
        return left + sorted({path.name for path in self.systemctl.wants.iterdir()} ^ timers)

    def tidy(self) -> list[str]:
        """What is left that should not be."""
        found = {path.name for path in self.layout.work.iterdir()} - {"lock", "outcome.json"}
        found |= {path.name for path in self.layout.versions.iterdir() if path.name.startswith(".")}
        found |= set(self.units_left())
        found |= {path.name for path in self.layout.root.iterdir()} - {"versions", "update", CURRENT, TRUSTED, PREVIOUS}
        return sorted(found)

    def first_event(self) -> bytes:
        """From the database, or from where it was set aside."""
        files = sorted(self.state_dir.glob("events.db*"))
        files = [one for one in files if one.suffix == ".db" or (".damaged-" in one.name and "." not in one.name[18:])]
        with closing(sqlite3.connect(files[0])) as conn:
            return bytes(conn.execute("SELECT body FROM events").fetchone()[0], "utf-8")


def migrated(state_dir: Path, name: str) -> None:
    """The events' database as a newer version leaves it."""
    path = state_dir / EVENTS_NAME
    if not path.exists():
        return
    with closing(sqlite3.connect(path)) as conn:
        if conn.execute("SELECT 1 FROM _sqlite_migrations WHERE name = ?", (name,)).fetchone() is None:
            conn.execute("INSERT INTO _sqlite_migrations VALUES (9, 'events', ?, '')", (name,))
        conn.commit()


# --- a SIGKILL at each point

_CHANGES = ("rename", "replace", "symlink", "unlink", "rmdir", "mkdir", "fsync", "open", "chmod", "sync")


def _die_at(point: int) -> Callable[[], int]:
    """Kills this process just before its n-th change of the disk; tells how many there have been."""
    count = 0

    def counted(name: str) -> None:
        original = getattr(os, name)

        def call(*args: Any, **options: Any) -> Any:
            nonlocal count
            if name != "open" or (args[1:] and args[1] & os.O_CREAT):
                count += 1
                if count == point:
                    os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **options)

        setattr(os, name, call)

    for name in _CHANGES:
        counted(name)
    return lambda: count


def _forked(act: Callable[[], object]) -> bool:
    """Whether it came to its end, and was not killed."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - the child ends here, whatever it was
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WIFSIGNALED(status), f"ended with {status}"
    return status == 0


def _answered(folder: Path, *words: str, timeout_s: float) -> subprocess.CompletedProcess[str]:  # noqa: ARG001
    """What PROGRAM says, without starting an interpreter for it, which takes longer than all the rest."""
    scope: dict[str, Any] = {}
    exec((folder / SITE / "edge/__init__.py").read_text(), scope)
    said = io.StringIO()
    module = types.ModuleType("edge")
    vars(module).update(scope)
    before, argv = sys.modules["edge"], sys.argv
    sys.modules["edge"], sys.argv = module, ["edge", *words]
    try:
        with contextlib.redirect_stdout(said):
            exec(PROGRAM, {})
        return subprocess.CompletedProcess(words, 0, said.getvalue(), "")
    except SystemExit as error:
        return subprocess.CompletedProcess(words, 1, said.getvalue(), str(error))
    finally:
        sys.modules["edge"], sys.argv = before, argv


def every_point(folder: Path, behaviour: str, stride: int = 1, migration: str = "") -> dict[str, Any]:
    """An update that is killed at its n-th change of the disk and gone on with by another process, for every n, or
    every `stride`-th. Where the disk is a tmpfs each takes some hundredths of a second.
    """
    layouts.run = transaction.run = _answered
    wanted = OLDER if behaviour == "older" else NEW
    offered = bundle(folder / "bundles", wanted, behaviour, downgrade=wanted == OLDER)
    Device(folder / "first").set_up()
    shutil.rmtree(folder / "first" / "wheels")
    point, results = 1 - stride, []
    while True:
        point += stride
        place = folder / f"{point}"
        shutil.copytree(folder / "first", place, symlinks=True)
        device = Device(place, migrate=lambda state: migrated(state, migration) if migration else None)
        device.refresh()

        def act(device: Device = device, point: int = point) -> None:
            _die_at(point)
            device.apply(offered, downgrade=wanted == OLDER)
            device.until_over()

        whole = _forked(act)
        works = device.works()
        assert works in (OLD, wanted), f"{point}: {works}"
        again = Device(place, migrate=device.migrate)
        again.refresh()
        again.until_over()
        ended = read_outcome(again.layout.work)
        now = again.works()
        assert again.file.read() is None, point
        assert not again.tidy() or ended is None, f"{point}: {again.tidy()}"
        assert again.layout.folder(CURRENT) == again.layout.folder(TRUSTED), point
        keeps = behaviour in ("healthy", "older") and ended is not None
        assert now == (wanted if keeps else OLD), f"{point}: {now} {ended}"
        assert again.first_event() == b"first", point
        results.append(now)
        shutil.rmtree(place)
        if whole:
            return {"points": len(results), "ended_old": results.count(OLD), "ended_new": results.count(wanted)}


if __name__ == "__main__":
    mode, where = sys.argv[1], Path(sys.argv[2])
    if mode == "every-point":
        print(json.dumps(every_point(where, sys.argv[3], int((sys.argv[4:] or ["1"])[0]), (sys.argv[5:] or [""])[0])))
    else:
        running = replace(Device(where), build=building.build_environment) if mode.endswith("-real") else Device(where)
        if mode.startswith("apply"):
            running.apply(Path(sys.argv[3]))
        running.until_over()
