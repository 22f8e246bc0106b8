"""The one-shot: from a catalogue, or of a handful of parts."""

from __future__ import annotations

from scripts.drawings.sheet import Sheet


def one_shot() -> Sheet:
    sheet = Sheet(
        1000,
        670,
        "The one-shot",
        "Above, what it does: however long the pin is on, the lock is let go for ten seconds at the most. Below, the "
        "same made of an NE555 that gets its supply through the relay module's contact.",
    )
    sheet.text((20, 32), "The one-shot: what it does, and one made of an NE555", size=18, bold=True)
    _times(sheet)
    _circuit(sheet)
    return sheet


def _times(sheet: Sheet) -> None:
    high, low = 30, 0
    pin, lock = ((110, high), (70, low), (440, high)), ((110, high), (70, low), (220, high))
    for kind, name, y, steps in (("signal", "pin and relay module", 110, pin), ("power", "lock let go", 180, lock)):
        sheet.text((40, y - 8), name, size=12)
        x, level = 200.0, low
        points = [(180.0, float(y)), (x, float(y))]
        for length, to in steps:
            points += [(x, float(y - to)), (x + length, float(y - to))]
            x, level = x + length, to
        points += [(x, float(y)), (900.0, float(y))] if level else [(900.0, float(y))]
        sheet.wire(kind, *points)
    sheet.text((255, 72), "a grant, 5 s", size=11, anchor="middle")
    sheet.text((600, 72), "the computer hangs with its pin on", size=11, anchor="middle")
    sheet.wire("note", (380, 196), (600, 196), label="10 s, and not longer", label_at=(490, 212))


def _circuit(sheet: Sheet) -> None:
    sheet.text((40, 262), "T = 1.1 · R · C = 1.1 · 910 kΩ · 10 µF = 10 s", size=13, bold=True)
    rail, ground = 310.0, 580.0
    sheet.plus((80, rail), "+12 V")
    sheet.contact((80, rail), (260, rail), "relay module, open at rest", closed=False)
    sheet.wire("power", (260, rail), (640, rail))
    sheet.wire("ground", (120, ground), (880, ground))
    sheet.earth((140, ground))
    sheet.resistor((260, rail), (260, ground), "10 kΩ", "power")
    sheet.dot((260, rail), "power")
    chip = sheet.box((500, 360), (180, 170), "", fill="#fff4e0")
    sheet.text((590, 450), "NE555", anchor="middle", bold=True, size=15)
    # The node begins at nothing when the supply comes, which triggers; full enough, it ends the time.
    sheet.resistor((340, rail), (340, 440), "R 910 kΩ", "power")
    sheet.dot((340, rail), "power")
    sheet.diode((440, 440), (440, rail), "1N4148", kind="signal")
    sheet.dot((440, rail), "power")
    sheet.capacitor((340, 440), (340, ground), "C 10 µF, low leakage")
    trigger, threshold = chip.pin("left", 80, "2 TRIG"), chip.pin("left", 120, "6 THR")
    sheet.wire("signal", (340, 440), trigger)
    sheet.wire("signal", (470, 440), (470, 480), threshold)
    for x in (340, 440, 470):
        sheet.dot((x, 440), "signal")
    for offset, name in ((50, "8 VCC"), (130, "4 RESET")):
        place = chip.pin("top", offset, name)
        sheet.wire("power", (place[0], rail), place)
    sheet.dot((550, rail), "power")
    sheet.wire("power", (630, rail), (640, rail))
    gnd = chip.pin("bottom", 60, "1 GND")
    sheet.wire("ground", gnd, (gnd[0], ground))
    control = chip.pin("bottom", 130, "5 CTRL")
    sheet.capacitor(control, (control[0], ground), "10 nF")
    out = chip.pin("right", 100, "3 OUT")
    sheet.wire("signal", out, (800, 460))
    coil = sheet.box((800, 410), (150, 100), "relay", note="12 V, at most 150 mA")
    sheet.wire("ground", coil.pin("bottom", 80), (880, ground))
    sheet.diode((750, ground), (750, 460), "1N4007")
    sheet.dot((750, 460), "signal")
    sheet.text((875, 490), "its contact: the lock", size=11, anchor="middle")
    sheet.text(
        (40, 620),
        "It runs once, from the moment it gets its supply, and again only after the pin was off: a pin that stays\n"
        "on lets the lock go once. When the pin goes off before, so does the lock. A timer relay with the function\n"
        "“interval” does the same.",
        size=12,
    )
