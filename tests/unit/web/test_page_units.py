"""The page's units are right and close what they can, as systemd itself judges them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge import resources
from edge.web.house import FOLDER
from edge.web.pages.system import REBOOT

UNITS = resources.folder("systemd")
NEEDS_SYSTEMD = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


@NEEDS_SYSTEMD
@pytest.mark.parametrize("unit", ["edge-web.service", "edge-web.socket", "edge-reboot.service", "edge-reboot.path"])
def test_systemd_understands_it(unit: str, tmp_path: Path) -> None:
    for file in [*UNITS.glob("edge-web.*"), *UNITS.glob("edge-reboot.*")]:
        text = re.sub(r"ExecStart=\S*/edge ", f"ExecStart={shutil.which('true')} ", file.read_text())
        (tmp_path / file.name).write_text(text)
    command = ["systemd-analyze", "verify", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert [line for line in done.stderr.splitlines() if "edge-" in line] == []


@NEEDS_SYSTEMD
@pytest.mark.parametrize("unit", ["edge-web.service", "edge-reboot.service"])
def test_it_is_as_closed_as_the_daemon(unit: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    found = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None and float(found[1]) <= 2.0, done.stdout[-500:]


def test_nothing_that_happens_to_the_daemon_ends_the_page() -> None:
    lines = (UNITS / "edge-web.service").read_text().splitlines()
    bound = [line for line in lines if line.startswith(("PartOf=", "BindsTo=", "Requires=", "Requisite="))]
    assert bound == ["Requires=edge-web.socket"]


def test_the_reboot_that_is_asked_for_is_the_one_that_is_looked_for() -> None:
    place = f"/var/lib/edge/{FOLDER}/{REBOOT}"
    assert f"PathExists={place}\n" in (UNITS / "edge-reboot.path").read_text()
    assert f"ExecStart=/bin/rm -f {place}\n" in (UNITS / "edge-reboot.service").read_text()
