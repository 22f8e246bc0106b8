"""A level gauge on RS-485 that speaks Modbus RTU.

Frames and checksums are pymodbus's, the port is ours. pymodbus's own serial client measures its time-outs by the wall
clock, so that one which is set back stops it for as long; it sleeps in a loop while it waits; and it does not look
whether an answer fits the question.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from edge.bin_events import Reading
from edge.config.sensors import ModbusSensor
from edge.drivers.level.bus import shared_bus
from edge.drivers.level.frames import Span
from edge.drivers.level.port import SerialPort
from edge.drivers.level.sound import compensated
from edge.errors import HardwareError

# Modbus over serial line 1.02, 2.5.1.1: frames lie 3.5 characters apart (4 ms at 9600 baud); gauges like it longer.
QUIET_S = 0.01
REMEMBER_S = 600.0
_MOST_BYTES = 264
_COLD_C, _HOT_C = -60.0, 100.0
_BUSY = {5, 6}
_REFUSALS = {1: "the function", 2: "the register", 3: "the request", 4: "it, being out of order"}


class RegisterReader:
    """Asks one unit for one register and hears the answer out: what does not fit the question is no answer."""

    def __init__(self, unit_id: int, table: str) -> None:
        try:
            from pymodbus.framer import FramerRTU
            from pymodbus.pdu import DecodePDU
            from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest
        except ImportError as error:
            raise HardwareError(f"pymodbus is not available: {error}", hint="pip install pymodbus") from error
        # It logs an error for each disturbance on the line; whether the gauge answers is told by who asks.
        logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
        self._request: Any = ReadHoldingRegistersRequest if table == "holding" else ReadInputRegistersRequest
        self._unit_id = unit_id
        self._framer = FramerRTU(DecodePDU(False))
        self._heard = b""

    def question(self, register: int) -> bytes:
        """The frame to send. What was heard before is forgotten."""
        self._heard = b""
        request = self._request(address=register, count=1, dev_id=self._unit_id)
        return bytes(self._framer.buildFrame(request))

    def hear(self, data: bytes) -> int | None:
        """The register (0 to 65535), once the whole answer was heard. Raises HardwareError when the gauge refuses."""
        self._heard = (self._heard + data)[-_MOST_BYTES:]
        asked = self._request.function_code
        for place in range(len(self._heard) - 1):
            # Left to itself the framer takes noise before the answer (a line that turns round makes some) for the head
            # of a frame, and drops both.
            if self._heard[place] == self._unit_id and self._heard[place + 1] & 0x7F == asked:
                _, answer = self._framer.handleFrame(self._heard[place:], self._unit_id, 0)
                if answer is not None and answer.isError():
                    self._refused(answer.exception_code)
                elif answer is not None and len(answer.registers) == 1:
                    return int(answer.registers[0])
        return None

    def _refused(self, code: int) -> None:
        if code not in _BUSY:
            what = _REFUSALS.get(code, f"with code {code}")
            raise HardwareError(
                f"unit {self._unit_id} refuses {what}", hint="check register and table against the gauge's manual"
            )


class ModbusGauge:
    """A LevelSensor. Gauges with the same `port` share it. `read` waits `answer_s` for each register, whatever its
    `timeout_s`, and for the others on the line. `clock`: monotonic seconds.
    """

    def __init__(self, settings: ModbusSensor, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._span = Span(settings.scale_mm, settings.least_mm, settings.most_mm)
        framing = {"none": "8N1", "even": "8E1", "odd": "8O1"}[settings.parity]
        self._bus = shared_bus(settings.port, settings.baud, framing)
        self._clock = clock
        self._reader: RegisterReader | None = None
        self._celsius: float | None = None
        self._celsius_until_s = float("-inf")

    def open(self) -> None:
        self._reader = RegisterReader(self._settings.unit_id, self._settings.table)
        self._bus.open(self)

    def read(self, timeout_s: float) -> Reading | None:  # noqa: ARG002 - the gauge has its own
        with self._bus.turn() as port:
            number = self._ask(port, self._settings.register)
            if number is None:
                return None
            return self._reading(number, self._temperature_c(port))

    def close(self) -> None:
        self._bus.close(self)

    def _ask(self, port: SerialPort, register: int) -> int | None:
        reader = self._reader
        if reader is None:
            raise HardwareError("the gauge is not open", hint="open() comes first")
        port.read(QUIET_S)
        port.discard()  # an answer that came too late is not the answer to this
        port.write(reader.question(register))
        until_s = self._clock() + self._settings.answer_s
        while (left_s := until_s - self._clock()) > 0:
            if (number := reader.hear(port.read(left_s))) is not None:
                return number
        return None

    def _temperature_c(self, port: SerialPort) -> float | None:
        """Of now; when it cannot be had, the last one, so that the distance does not jump by its compensation."""
        register = self._settings.temperature_register
        number = self._ask(port, register) if register >= 0 else None
        if number is not None:
            signed = number - 0x10000 if number >= 0x8000 else number
            celsius = signed * self._settings.temperature_scale_c
            if _COLD_C <= celsius <= _HOT_C:
                self._celsius, self._celsius_until_s = celsius, self._clock() + REMEMBER_S
        return self._celsius if self._clock() < self._celsius_until_s else None

    def _reading(self, number: int, celsius: float | None) -> Reading:
        reading = self._span.reading(number, celsius)
        if not self._settings.compensate or celsius is None or reading.distance_mm is None:
            return reading
        return Reading(compensated(reading.distance_mm, celsius), temperature_c=celsius)
