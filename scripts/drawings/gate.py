"""A gate: what each pin is wired to, and the circuit of its lock."""

from __future__ import annotations

from scripts.drawings.rows import Row, pins
from scripts.drawings.sheet import Sheet

ROWS = (
    Row(
        "GPIO 17",
        "relay_pin",
        "wire",
        "Relay module, then the one-shot",
        "10 kΩ from the pin to ground; see the lock's circuit",
    ),
    Row(
        "GPIO 27",
        "contact_pin",
        "closed",
        "Door contact",
        "a reed contact at the leaf, inside: closed while it is shut",
    ),
    Row("GPIO 22", "exit_pin", "open", "Exit button, first contact", "its second contact stands in the lock's circuit"),
    Row("GPIO 16", "wide_exit_pin", "open", "Exit button, low and large", "for a wheelchair or a pram"),
    Row(
        "GPIO 5",
        "fire_rest_pin",
        "closed",
        "Fire panel, contact closed at rest",
        "one changeover contact, potential-free, with common to ground",
    ),
    Row(
        "GPIO 6",
        "fire_alarm_pin",
        "open",
        "Fire panel, contact closed in an alarm",
        "a long cable needs an optocoupler for each",
    ),
    Row("GPIO 13", "tamper_pin", "closed", "Housing", "a switch that its lid holds closed"),
    Row("GPIO 25", "button_pin", "open", "Service button", "inside the housing, behind its lid"),
    Row("GPIO 23", "granted_lamp_pin", "wire", "Lamp, granted", "by a transistor: a pin drives 8 mA", True),
    Row("GPIO 24", "refused_lamp_pin", "wire", "Lamp, refused", "by a transistor", True),
    Row("CSI", "camera", "bus", "Camera", "behind glass, 1.5 m above the ground", True),
    Row("USB", "card", "bus", "Card reader or keypad", "OSDP through an RS-485 adapter: only data goes out", True),
    Row("USB or I²S", "speaker", "bus", "Loudspeaker", "its amplifier inside", True),
)


def gate_pins() -> Sheet:
    return pins("A gate, pin by pin", ROWS)


def gate_lock() -> Sheet:
    """Everything that lets go of the magnet stands in one loop, one after the other."""
    sheet = Sheet(
        1000,
        580,
        "The lock's circuit",
        "The supply's plus goes through the fire panel's second contact, the exit button's second contact and the "
        "one-shot's contact, all closed at rest, to the magnet and back. The pin starts the one-shot through the relay "
        "module; the one-shot opens its contact for ten seconds at the most.",
    )
    sheet.text((20, 32), "The lock's circuit, for a magnet that needs current to hold", size=18, bold=True)
    sheet.text(
        (20, 54),
        "drawn at rest: door shut, nobody asks. All of it stands on the secure side, but the magnet's face",
        size=12,
    )

    pi = sheet.box((40, 100), (170, 110), "Raspberry Pi")
    relay = sheet.box((300, 100), (170, 110), "relay module", note="input active high")
    shot = sheet.box((640, 100), (190, 110), "one-shot", note="timer relay, “interval”, 10 s", fill="#fff4e0")
    sheet.wire("signal", pi.pin("right", 60, "GPIO 17"), (250, 160), relay.pin("left", 60, "IN"))
    sheet.dot((250, 160), "signal")
    sheet.resistor((250, 160), (250, 240), "10 kΩ")
    sheet.earth((250, 240))
    sheet.plus((560, 130), "+12 V")
    sheet.wire("power", (560, 130), (560, 140), relay.pin("right", 40, "COM"))
    sheet.wire("power", relay.pin("right", 70, "NO"), (600, 170), (600, 160), shot.pin("left", 60, "A1"))
    sheet.text((555, 190), "on: the one-shot starts", size=11, anchor="middle", shade="#b02a2a")
    sheet.wire("ground", shot.pin("right", 60, "A2"), (870, 160), (870, 180))
    sheet.earth((870, 180))

    supply = sheet.box((40, 330), (130, 110), "supply", note="12 V, lock only")
    plus = supply.pin("right", 40, "+")
    sheet.contact(plus, (370, 370), "fire panel,", closed=True)
    sheet.text((270, 404), "second contact", size=11, anchor="middle")
    sheet.contact((370, 370), (570, 370), "exit button,", closed=True)
    sheet.text((470, 404), "second contact", size=11, anchor="middle")
    sheet.contact((570, 370), (790, 370), "one-shot, 15–16", closed=True)
    sheet.wire("note", (680, 210), (680, 352), label="opens it for 10 s", label_at=(745, 290))
    magnet = sheet.box((790, 330), (150, 110), "magnet", note="holds while it has current")
    sheet.wire("power", (780, 370), magnet.pin("left", 40, "+"))
    sheet.wire("ground", magnet.pin("left", 90, "−"), (750, 420), (750, 490), (105, 490), (105, 440))
    supply.pin("bottom", 65, "−")
    sheet.diode((770, 420), (770, 370))
    sheet.dot((770, 420))
    sheet.dot((770, 370), "power")
    sheet.text((430, 482), "back to the supply", size=11, anchor="middle")
    sheet.text(
        (40, 526),
        "Each of the three contacts lets go of the door by itself: fire panel and exit button without any program,\n"
        "the one-shot for 10 s at the most, however long the pin stays on. A strike that needs current to open:\n"
        "the one-shot's other contact (15–18) feeds it, and the fire panel's bridges that one.",
        size=12,
    )
    return sheet
