"""Which files a version brings for systemd, and from which version each comes while one watches the other."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import DataError
from edge.update.shipped import DROP_INS, UNITS, Pair, is_unit, read_files, shipped

ROOT = Path(__file__).parents[3]
OURS = read_files(ROOT / "systemd")
SITE = Path("lib/python3.13/site-packages/edge")


def version(folder: Path, **units: str) -> Path:
    """A version that brings units that start a program of that link."""
    place = folder / SITE / "_data/systemd"
    place.mkdir(parents=True)
    for name, link in units.items():
        (place / f"edge-{name}.service").write_text(
            f"# {folder.name}\n[Service]\nExecStart=/opt/edge/{link}/bin/edge\n"
        )
        (place / f"edge-{name}.timer").write_text(f"# {folder.name}\n")
    return folder


def test_the_wheel_brings_what_is_in_the_repository() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]["systemd"]
    assert Path("edge") / "_data/systemd" == Path(packed)
    files = {path.relative_to(ROOT / "systemd") for path in (ROOT / "systemd").rglob("*") if path.is_file()}
    assert len(OURS) == len(files)
    assert {Path(name).name for name in OURS} == {path.name for path in files}


def test_what_a_version_brings_is_found_in_its_package(tmp_path: Path) -> None:
    assert len(shipped(version(tmp_path / "1", watch="trusted"))) == 2
    assert shipped(tmp_path) == {}  # a checkout, or nothing


def test_those_that_run_the_trusted_version_come_from_it(tmp_path: Path) -> None:
    before = version(tmp_path / "before", watch="trusted", run="current", moves="trusted", gone="current")
    after = version(tmp_path / "after", watch="trusted", run="current", moves="current", fresh="trusted")
    found = Pair(after, before).files()
    assert {Path(name).name: data.decode()[2:8].strip() for name, data in found.items()} == {
        "edge-watch.service": "before",
        "edge-watch.timer": "before",
        "edge-moves.service": "before",
        "edge-moves.timer": "before",
        "edge-run.service": "after",
        "edge-run.timer": "after",
    }
    assert len(Pair(after, after).files()) == 8
    assert Pair(after, tmp_path).files() == Pair(tmp_path, before).files() == {}


def test_what_puts_a_version_back_is_never_of_the_version_on_probation() -> None:
    watching = {
        Path(name).name for name, data in OURS.items() if b"\nExecStart=/opt/edge/trusted/" in data and is_unit(name)
    }
    assert {"edge-update.service", "edge-units.service", "edge-safe-state.service", "edge-health.service"} <= watching
    assert "edge.service" not in watching


def foreign(folder: Path) -> None:
    (folder / "sshd.service").write_text("")


def climbing(folder: Path) -> None:
    (folder / "edge.service.d").mkdir()


def link(folder: Path) -> None:
    (folder / "edge-x.service").symlink_to("/etc/hostname")


def large(folder: Path) -> None:
    (folder / "edge-x.service").write_bytes(bytes(65537))


def other_kind(folder: Path) -> None:
    (folder / "edge-x.mount").write_text("")


def other_drop_in(folder: Path) -> None:
    (folder / "sysusers.d").mkdir()
    (folder / "sysusers.d/basic.conf").write_text("")


@pytest.mark.parametrize("plant", [foreign, climbing, link, large, other_kind, other_drop_in])
def test_only_files_that_are_edges_own_are_taken(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    plant(tmp_path)
    with pytest.raises(DataError):
        read_files(tmp_path)


def paths(unit: str, key: str) -> set[str]:
    """What a unit names there."""
    lines = OURS[unit].decode().splitlines()
    return {word.lstrip("-") for line in lines if line.startswith(f"{key}=") for word in line.partition("=")[2].split()}


def test_they_go_to_folders_that_the_placer_alone_may_write() -> None:
    placer, wanted = f"{UNITS}/edge-units.service", {f"/{place}" for place in (UNITS, *DROP_INS.values())}
    assert paths(placer, "ReadWritePaths") == wanted
    for name in OURS:
        if is_unit(name) and name != placer:
            closed = [Path(path) for path in paths(name, "ReadOnlyPaths")]
            for path in map(Path, paths(name, "ReadWritePaths")):
                for place in map(Path, wanted):
                    opened = place.is_relative_to(path) or path.is_relative_to(place)
                    assert not opened or any(place.is_relative_to(one) for one in closed), name
