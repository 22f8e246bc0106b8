"""The wiring guide: its drawings are what the program draws, can be read without seeing them, and its lists add up."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from edge.config import load_config

ROOT = Path(__file__).resolve().parents[3]
DRAWINGS = sorted((ROOT / "docs/drawings").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"


def test_every_drawing_is_what_the_program_draws() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/draw-wiring"), "--check"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.name)
def test_a_drawing_needs_nothing_and_says_what_it_shows(path: Path) -> None:
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    assert len(root.findtext(f"{SVG}title") or "") > 5 and len(root.findtext(f"{SVG}desc") or "") > 50
    assert not root.findall(f".//{SVG}script") and not root.findall(f".//{SVG}image")
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for text in root.iter(f"{SVG}text"):  # nothing stands outside of the sheet, by a width of 0.62 of the size
        size, x, words = float(text.get("font-size", 0)), float(text.get("x", 0)), text.text or ""
        long = 0.62 * size * len(words)
        left = {"start": x, "middle": x - long / 2, "end": x - long}[text.get("anchor", text.get("text-anchor", ""))]
        assert left >= -10 and left + long <= width + 10, words
        assert size <= float(text.get("y", 0)) <= height, words


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.name)
def test_every_drawing_is_shown_somewhere(path: Path) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    assert f"](drawings/{path.name})" in pages


def test_the_gate_s_drawing_has_the_pins_of_the_shipped_configuration() -> None:
    door = load_config(ROOT / "config/gate.toml").door
    text = (ROOT / "docs/drawings/gate-pins.svg").read_text(encoding="utf-8")
    shown = dict(re.findall(r">GPIO (\d+)</text>\s*<text[^>]*>(\w+)</text>", text))
    for key in ("relay_pin", "contact_pin", "exit_pin", "granted_lamp_pin", "refused_lamp_pin"):
        assert shown[str(getattr(door, key))] == key


def test_the_lists_of_parts_add_up() -> None:
    sums = 0
    columns: list[list[int]] = [[], []]
    for line in (ROOT / "docs/parts.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[0] == "part":
            columns = [[], []]
        elif cells[0] == "**together**":
            found = [int(cells[place].strip("*")) for place in (2, 4)]
            assert found == [sum(column) for column in columns]
            sums += 1
        else:
            for column, place in zip(columns, (2, 4), strict=True):
                column.extend(int(cells[place]) for _ in range(bool(re.fullmatch(r"\d+", cells[place]))))
    assert sums == 3
