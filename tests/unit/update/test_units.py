"""The units that run updates: well-formed, narrow, and looking at the files that the program writes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.__main__ import build_parser
from edge.config.schema import Config
from edge.update.handover import FOLDER, REQUEST
from edge.update.journal import JOURNAL
from edge.update.layout import CURRENT, DEFAULT_ROOT, TRUSTED, Layout

UNITS = Path(__file__).parents[3] / "systemd"
NEEDS_SYSTEMD = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


def values(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", (UNITS / unit).read_text(), flags=re.MULTILINE)


def test_the_path_unit_looks_where_the_program_writes() -> None:
    state_dir = Path("/var/lib/edge")
    assert values("edge-update.path", "PathExists") == [
        str(Layout(DEFAULT_ROOT).work / JOURNAL),
        str(state_dir / FOLDER / REQUEST),
    ]
    assert str(Config.__dataclass_fields__["update"].default.folder) == str(DEFAULT_ROOT)


def test_the_trusted_version_watches_and_the_current_one_runs() -> None:
    (watching,), (running,) = values("edge-update.service", "ExecStart"), values("edge.service", "ExecStart")
    (safe,) = values("edge.service", "ExecStopPost")
    for line, link in ((watching, TRUSTED), (running, CURRENT), (safe, TRUSTED)):
        program, *words = line.split()
        assert program == str(DEFAULT_ROOT / link / "bin" / "edge")
        build_parser().parse_args(words)
    assert values("edge-update.service", "StartLimitIntervalSec") == ["0"]


@NEEDS_SYSTEMD
@pytest.mark.parametrize("unit", ["edge-update.service", "edge-update.path"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    for name in ("edge-update.service", "edge-update.path"):
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (UNITS / name).read_text(), flags=re.MULTILINE)
        (tmp_path / name).write_text(re.sub(r"^Documentation=.*$", "", text, flags=re.MULTILINE))
    command = ["systemd-analyze", "verify", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


@NEEDS_SYSTEMD
def test_what_runs_as_root_can_do_little_else() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / "edge-update.service")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    exposure = re.search(r"Overall exposure level.*: ([0-9.]+)", done.stdout)
    assert exposure is not None and float(exposure[1]) <= 2.0, done.stdout
