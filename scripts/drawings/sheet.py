"""A sheet to draw on: boxes with pins, wires of straight pieces, the few symbols of a circuit. Out comes an SVG that
needs nothing: no script, no font but the reader's own, a light ground to be read on a dark page and to be printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

Point = tuple[float, float]
INK, SOFT, GROUND = "#1a1a1a", "#666666", "#ffffff"
KINDS = {
    "signal": ("#1f5fa8", ""),
    "power": ("#b02a2a", ""),
    "ground": ("#1a1a1a", ""),
    "mains": ("#8a5a00", ""),
    "note": ("#666666", ' stroke-dasharray="5 4"'),
}
"""Of wires: colour, and dashes."""


@dataclass
class Sheet:
    """`said`: what a reader who does not see it is told."""

    width: int
    height: int
    title: str
    said: str
    _parts: list[str] = field(default_factory=list)

    def text(
        self, at: Point, words: str, *, size: int = 13, anchor: str = "start", bold: bool = False, shade: str = INK
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        x, y = at
        for number, line in enumerate(words.split("\n")):
            self._parts.append(
                f'<text x="{x:g}" y="{y + number * (size + 3):g}" font-size="{size}" text-anchor="{anchor}" '
                f'fill="{shade}"{weight}>{escape(line)}</text>'
            )

    def box(self, at: Point, size: Point, name: str, *, note: str = "", fill: str = "#f3f6fa") -> Box:
        """A part, with its name inside at the top."""
        (x, y), (width, height) = at, size
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" fill="{fill}" '
            f'stroke="{INK}" stroke-width="1.5"/>'
        )
        self.text((x + width / 2, y + 19), name, anchor="middle", bold=True)
        if note:
            self.text((x + width / 2, y + 35), note, size=11, anchor="middle", shade=SOFT)
        return Box(self, x, y, width, height)

    def zone(self, at: Point, size: Point, name: str) -> None:
        """A part of the building."""
        (x, y), (width, height) = at, size
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" fill="none" '
            f'stroke="{SOFT}" stroke-width="1.5" stroke-dasharray="9 5"/>'
        )
        self.text((x + 12, y + 20), name, size=13, bold=True, shade=SOFT)

    def wire(self, kind: str, *points: Point, label: str = "", label_at: Point | None = None) -> None:
        """From point to point. A label stands above the middle of the first piece unless it is placed."""
        colour, dashes = KINDS[kind]
        path = " ".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(points))
        self._parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        if label:
            (x0, y0), (x1, y1) = points[0], points[1]
            self.text(label_at or ((x0 + x1) / 2, (y0 + y1) / 2 - 6), label, size=11, anchor="middle", shade=colour)

    def dot(self, at: Point, kind: str = "ground") -> None:
        """Where wires are joined."""
        x, y = at
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="{KINDS[kind][0]}"/>')

    def contact(self, left: Point, right: Point, name: str, *, closed: bool, kind: str = "power") -> None:
        """A contact between two points of one height, drawn at rest."""
        (x0, y), (x1, _) = left, right
        colour = KINDS[kind][0]
        a, b = (x0 + x1) / 2 - 16, (x0 + x1) / 2 + 16
        self.wire(kind, left, (a, y))
        self.wire(kind, (b, y), right)
        tip = y - 1 if closed else y - 15
        self._parts.append(
            f'<path d="M{a:g} {y:g} L{b:g} {tip:g}" stroke="{colour}" stroke-width="2.5" fill="none"/>'
            f'<circle cx="{a:g}" cy="{y:g}" r="3" fill="{colour}"/>'
            f'<circle cx="{b:g}" cy="{y:g}" r="3" fill="{colour}"/>'
        )
        self.text(((x0 + x1) / 2, y + 18), name, size=11, anchor="middle")

    def resistor(self, above: Point, below: Point, name: str, kind: str = "signal") -> None:
        """Between two points of one column."""
        (x, y0), (_, y1) = above, below
        middle = (y0 + y1) / 2
        self.wire(kind, above, (x, middle - 16))
        self.wire(kind, (x, middle + 16), below)
        self._parts.append(
            f'<rect x="{x - 6:g}" y="{middle - 16:g}" width="12" height="32" fill="{GROUND}" stroke="{INK}" '
            f'stroke-width="1.5"/>'
        )
        self.text((x + 12, middle + 4), name, size=11)

    def capacitor(self, above: Point, below: Point, name: str, kind: str = "signal") -> None:
        """Between two points of one column."""
        (x, y0), (_, y1) = above, below
        middle = (y0 + y1) / 2
        self.wire(kind, above, (x, middle - 4))
        self.wire(kind, (x, middle + 4), below)
        for y in (middle - 4, middle + 4):
            self._parts.append(f'<path d="M{x - 13:g} {y:g} H{x + 13:g}" stroke="{INK}" stroke-width="2.5"/>')
        self.text((x + 18, middle + 4), name, size=11)

    def diode(self, anode: Point, cathode: Point, name: str = "", kind: str = "power") -> None:
        """Along a row or a column; the bar is at the cathode."""
        (x0, y0), (x1, y1) = anode, cathode
        self.wire(kind, anode, cathode)
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        if y0 == y1:
            way = 1 if x1 > x0 else -1
            shape = f"M{x - 8 * way:g} {y - 8:g} L{x + 6 * way:g} {y:g} L{x - 8 * way:g} {y + 8:g} Z"
            bar = f"M{x + 6 * way:g} {y - 8:g} V{y + 8:g}"
        else:
            way = 1 if y1 > y0 else -1
            shape = f"M{x - 8:g} {y - 8 * way:g} L{x:g} {y + 6 * way:g} L{x + 8:g} {y - 8 * way:g} Z"
            bar = f"M{x - 8:g} {y + 6 * way:g} H{x + 8:g}"
        self._parts.append(f'<path d="{shape}" fill="{INK}"/><path d="{bar}" stroke="{INK}" stroke-width="2.5"/>')
        if name:
            self.text((x + 14, y + 4), name, size=11)

    def earth(self, at: Point) -> None:
        """The common negative."""
        x, y = at
        self.wire("ground", at, (x, y + 8))
        for number, half in enumerate((11, 7, 3)):
            level = y + 8 + 4 * number
            self._parts.append(f'<path d="M{x - half:g} {level:g} H{x + half:g}" stroke="{INK}" stroke-width="2"/>')

    def plus(self, at: Point, name: str) -> None:
        """A supply's positive end."""
        x, y = at
        self.wire("power", at, (x, y - 8))
        self._parts.append(
            f'<path d="M{x - 9:g} {y - 8:g} H{x + 9:g}" stroke="{KINDS["power"][0]}" stroke-width="2.5"/>'
        )
        self.text((x, y - 13), name, size=11, anchor="middle", shade=KINDS["power"][0])

    def svg(self) -> str:
        """The file."""
        font = "font-family=\"'DejaVu Sans', Verdana, 'Noto Sans', sans-serif\""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" aria-labelledby="title said" {font}>'
        )
        told = f'<title id="title">{escape(self.title)}</title><desc id="said">{escape(self.said)}</desc>'
        ground = f'<rect width="{self.width}" height="{self.height}" fill="{GROUND}"/>'
        return "\n".join([head, told, ground, *self._parts, "</svg>"]) + "\n"


@dataclass
class Box:
    """A part on the sheet; `pin` gives the point where a wire ends, and writes its name inside."""

    sheet: Sheet
    x: float
    y: float
    width: float
    height: float

    def pin(self, side: str, offset: float, name: str = "") -> Point:
        """`offset` from the top, or for the sides `top` and `bottom` from the left."""
        points = {
            "left": (self.x, self.y + offset),
            "right": (self.x + self.width, self.y + offset),
            "top": (self.x + offset, self.y),
            "bottom": (self.x + offset, self.y + self.height),
        }
        x, y = points[side]
        if name:
            places = {
                "left": ((x + 7, y + 4), "start"),
                "right": ((x - 7, y + 4), "end"),
                "top": ((x, y + 13), "middle"),
                "bottom": ((x, y - 6), "middle"),
            }
            at, anchor = places[side]
            self.sheet.text(at, name, size=11, anchor=anchor)
        return x, y
