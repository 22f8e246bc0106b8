"""The units that run updates look at the files that the program writes."""

from __future__ import annotations

import re
from pathlib import Path

from edge.__main__ import build_parser
from edge.config.schema import Config
from edge.update.handover import FOLDER, REQUEST
from edge.update.journal import JOURNAL
from edge.update.layout import CURRENT, DEFAULT_ROOT, TRUSTED, Layout

UNITS = Path(__file__).parents[3] / "systemd"


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
