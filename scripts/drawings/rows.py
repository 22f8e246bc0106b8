"""A board with its pins in one column, and straight to the right of each what is wired to it: nothing crosses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scripts.drawings.sheet import Sheet

_ROW, _TOP, _BOARD = 46, 92, (40, 250)


class Row(NamedTuple):
    """`how`: what is drawn between pin and part: an `open` or `closed` contact to ground, a `wire`, a `bus`."""

    pin: str
    key: str
    how: str
    part: str
    note: str
    outside: bool = False


def pins(title: str, rows: Sequence[Row]) -> Sheet:
    """The sheet, as high as its rows need."""
    said = "; ".join(f"{row.pin} ({row.key}): {row.part}, {row.note}" for row in rows)
    sheet = Sheet(1000, _TOP + _ROW * len(rows) + 70, title, said)
    sheet.text((20, 32), title, size=18, bold=True)
    sheet.text(
        (20, 54), "BCM numbers of the example; pins are inputs with the weak pull-up unless drawn as outputs", size=12
    )
    x, width = _BOARD
    height = _ROW * len(rows) + 20
    sheet.box((x, _TOP - 20), (width, height), "", fill="#f3f6fa")
    sheet.text((x + width / 2, _TOP + height - 28), "Raspberry Pi", anchor="middle", bold=True)
    for number, row in enumerate(rows):
        _draw(sheet, row, _TOP + 12 + _ROW * number, x + width)
    bottom = _TOP + _ROW * len(rows) + 44
    sheet.wire("signal", (330, bottom), (364, bottom))
    sheet.text((372, bottom + 4), "3.3 V signal; the other end of a contact goes to ground", size=11)
    sheet.zone((740, bottom - 12), (26, 18), "")
    sheet.text((774, bottom + 4), "stands outside", size=11)
    return sheet


def _draw(sheet: Sheet, row: Row, y: float, edge: float) -> None:
    sheet.text((edge - 8, y + 4), row.pin, anchor="end", bold=True, size=12)
    sheet.text((edge - 92, y + 4), row.key, anchor="end", size=11)
    goal = 520.0
    if row.how in ("open", "closed"):
        sheet.contact((edge, y), (goal - 40, y), "", closed=row.how == "closed", kind="signal")
        sheet.earth((goal - 40, y))
        sheet.text(((edge + goal - 40) / 2, y + 17), f"{row.how} at rest", size=10, anchor="middle", shade="#666666")
    else:
        sheet.wire("signal", (edge, y), (goal, y))
        if row.how == "bus":
            sheet.wire("signal", (edge, y + 4), (goal, y + 4))
    box = sheet.box((goal + 10, y - 17), (430, 36), "", fill="#eef0f2" if row.outside else "#ffffff")
    if row.outside:
        sheet.zone((box.x - 4, box.y - 4), (box.width + 8, box.height + 8), "")
    sheet.text((goal + 22, y - 1), row.part, bold=True, size=12)
    sheet.text((goal + 22, y + 13), row.note, size=11, shade="#444444")
