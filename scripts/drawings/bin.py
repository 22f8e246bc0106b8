"""A waste station: what each pin of one bin is wired to, and the circuit of a lid's motor."""

from __future__ import annotations

from scripts.drawings.rows import Row, pins
from scripts.drawings.sheet import Sheet

ROWS = (
    Row("GPIO 17", "lid open_pin", "wire", "H-bridge, IN 1: opens", "10 kΩ to ground; a pin from 9 to 27"),
    Row("GPIO 18", "lid close_pin", "wire", "H-bridge, IN 2: closes", "10 kΩ to ground; a pin from 9 to 27"),
    Row("GPIO 22", "open_stop_pin", "open", "End stop, open", "its other contact stands in the motor's circuit"),
    Row("GPIO 23", "closed_stop_pin", "open", "End stop, closed", "its other contact stands in the motor's circuit"),
    Row(
        "GPIO 24",
        "current_pin",
        "wire",
        "Comparator at the bridge's current sense",
        "high: the motor strains. An input: a cut wire reads as strain",
    ),
    Row("GPIO 25", "hand_pin", "closed", "Light barrier across the opening", "open, hence high, when a hand is in it"),
    Row(
        "GPIO 27",
        "beam_pin",
        "closed",
        "Light barrier below the opening",
        "open, hence high, when something falls through",
    ),
    Row("GPIO 5", "smoke_pin", "closed", "Smoke detector", "its relay, closed to ground at rest"),
    Row("GPIO 6", "open_button_pin", "open", "Button of the bin", "opens the lid", True),
    Row("GPIO 12", "guide_lamp_pin", "wire", "Lamp, green", "by a transistor", True),
    Row("GPIO 13", "warning_lamp_pin", "wire", "Lamp, red", "by a transistor", True),
    Row("GPIO 4", "temperature_path", "wire", "Thermometer, DS18B20", "one-wire, 4.7 kΩ to 3.3 V"),
    Row("USB", "sensors", "bus", "Level gauges", "Modbus through an RS-485 adapter, or a ranger's serial line"),
    Row("CSI", "camera", "bus", "Camera", "above what people hold out", True),
    Row("GPIO 26", "service button_pin", "open", "Service button", "inside the housing, behind its lid"),
)


def bin_pins() -> Sheet:
    return pins("One bin of a waste station, pin by pin", ROWS)


def bin_lid() -> Sheet:
    """What stops the motor when no program does."""
    sheet = Sheet(
        1000,
        520,
        "The circuit of a lid's motor",
        "Between the bridge and the motor each end stop has a contact that is closed until it is reached, bridged by a "
        "diode that lets the motor leave the stop. A safety edge on the lid's lip opens a relay in the same line.",
    )
    sheet.text((20, 32), "A lid's motor: the ends and the safety edge stop it without a program", size=18, bold=True)
    sheet.text(
        (20, 54),
        "drawn half-way: both end stops are closed. OUT 1 positive: it opens; OUT 2 positive: it closes",
        size=12,
    )
    pi = sheet.box((40, 120), (140, 230), "Raspberry Pi")
    bridge = sheet.box((270, 120), (150, 230), "H-bridge", note="inputs active high")
    for offset, pin, name, out in ((80, "GPIO 17", "IN 1", "OUT 1"), (170, "GPIO 18", "IN 2", "OUT 2")):
        sheet.wire("signal", pi.pin("right", offset, pin), bridge.pin("left", offset, name))
        bridge.pin("right", offset, out)
    sheet.text((225, 225), "10 kΩ each\nto ground", size=11, anchor="middle")
    sheet.plus((345, 108), "")
    sheet.text((360, 100), "motor's own supply, with a fuse", size=11)
    sheet.wire("power", (345, 108), (345, 120))
    motor = sheet.box((800, 150), (140, 190), "motor")
    # The opening direction: current from OUT 1; the stop `open` ends it.
    sheet.contact((420, 200), (800, 200), "end stop “open”: opens when reached", closed=True)
    sheet.wire("power", (540, 200), (540, 150))
    sheet.diode((680, 150), (540, 150))
    sheet.wire("power", (680, 150), (680, 200))
    sheet.dot((540, 200), "power")
    sheet.dot((680, 200), "power")
    sheet.text((610, 135), "lets it leave the stop", size=11, anchor="middle")
    motor.pin("left", 50, "+")
    # The closing direction: current from OUT 2.
    sheet.contact((420, 290), (620, 290), "end stop “closed”:", closed=True)
    sheet.text((520, 323), "opens when reached", size=11, anchor="middle")
    sheet.wire("power", (470, 290), (470, 245))
    sheet.diode((570, 245), (470, 245))
    sheet.wire("power", (570, 245), (570, 290))
    sheet.dot((470, 290), "power")
    sheet.dot((570, 290), "power")
    sheet.contact((620, 290), (800, 290), "safety edge's relay", closed=True)
    sheet.wire("power", (660, 290), (660, 245))
    sheet.diode((760, 245), (660, 245))
    sheet.wire("power", (760, 245), (760, 290))
    sheet.dot((660, 290), "power")
    sheet.dot((760, 290), "power")
    motor.pin("left", 140, "−")
    edge = sheet.box((610, 410), (200, 60), "safety edge", note="pressure strip, normally closed")
    sheet.wire("note", edge.pin("top", 100), (710, 312))
    sheet.text(
        (40, 430),
        "A pressed edge opens its relay: the closing current\nends at once, and opening still goes through the diode.\n"
        "Each diode carries the motor's whole current.",
        size=12,
    )
    return sheet
