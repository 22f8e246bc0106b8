"""Simulated instruments that speak the real bytes, and fail as real ones do."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from edge.drivers.level.frames import REQUEST

STREAM_S = 0.1
"""Between two frames of a module that streams, and two lines of an indicator."""

_NO_ECHO = 0xFFFD
_GARBAGE_BYTES = 12


class Fault(StrEnum):
    """What is wrong with an instrument. `garbage`: a burst of random bytes before each answer, and every second answer
    is damaged. `stuck`: it repeats what it said last.
    """

    NONE = "none"
    SILENT = "silent"
    GARBAGE = "garbage"
    STUCK = "stuck"
    NO_ECHO = "no_echo"


class _Faulty:
    """Answers in the state `fault`, which any thread may set."""

    def __init__(self, seed: int = 0) -> None:
        self.fault = Fault.NONE
        self._random = random.Random(seed)
        self._last = b""
        self._answers = 0

    def _spoilt(self, answer: bytes) -> bytes:
        if self.fault is Fault.SILENT:
            return b""
        if self.fault is Fault.STUCK and self._last:
            return self._last
        if self.fault is Fault.GARBAGE:
            self._answers += 1
            if self._answers % 2:
                answer = answer[:-1] + bytes([answer[-1] ^ 0x40])
            return self._random.randbytes(self._random.randrange(1, _GARBAGE_BYTES)) + answer
        self._last = answer
        return answer


class SimulatedRanger(_Faulty):
    """An ultrasonic module. `distance_mm`: what lies before it, by monotonic seconds; 0 is nothing. `two_byte`: it
    answers H L, else FF H L SUM. `asked`: it speaks only when it hears 0x55.
    """

    def __init__(
        self,
        distance_mm: Callable[[float], float],
        *,
        two_byte: bool = False,
        asked: bool = False,
        unit_mm: float = 1.0,
    ) -> None:
        super().__init__()
        self._distance_mm = distance_mm
        self._two_byte = two_byte
        self._asked = asked or two_byte
        self._unit_mm = unit_mm
        self.every_s = STREAM_S

    def speak(self, mono_s: float) -> bytes:
        return b"" if self._asked else self._frame(mono_s)

    def hear(self, data: bytes, mono_s: float) -> bytes:
        return self._frame(mono_s) if self._asked and REQUEST in data else b""

    def _frame(self, mono_s: float) -> bytes:
        number = round(self._distance_mm(mono_s) / self._unit_mm)
        if self.fault is Fault.NO_ECHO or not 0 < number < _NO_ECHO:
            number = _NO_ECHO
        high, low = divmod(number, 256)
        told = bytes((high, low)) if self._two_byte else bytes((0xFF, high, low, (0xFF + high + low) & 0xFF))
        return self._spoilt(told)


class SimulatedScale(_Faulty):
    """A weighing indicator in continuous mode. `load_g`: what lies on it, by monotonic seconds. `sways`: it says that
    the load does not stand still. Overload is beyond `most_g`.
    """

    def __init__(self, load_g: Callable[[float], float], most_g: float = 300_000.0) -> None:
        super().__init__()
        self._load_g = load_g
        self._most_g = most_g
        self.sways = False
        self.every_s = STREAM_S

    def speak(self, mono_s: float) -> bytes:
        load_g = self._load_g(mono_s)
        if self.fault is Fault.NO_ECHO or abs(load_g) > self._most_g:
            return self._spoilt(b"OL,GS,+ ------kg\r\n")
        state, sign = "US" if self.sways else "ST", "-" if load_g < 0 else "+"
        return self._spoilt(f"{state},GS,{sign}{abs(load_g) / 1000.0:8.3f}kg\r\n".encode())

    def hear(self, data: bytes, mono_s: float) -> bytes:  # noqa: ARG002 - it only prints
        return b""


class SimulatedGauge(_Faulty):
    """A Modbus RTU server with one register table for both functions 3 and 4. `registers`: 0 to 65535, by address; any
    other is refused as an illegal address.
    """

    def __init__(self, registers: Mapping[int, Callable[[float], int]], unit_id: int = 1) -> None:
        from pymodbus.framer import FramerRTU
        from pymodbus.pdu import DecodePDU

        super().__init__()
        self._registers = registers
        self._unit_id = unit_id
        self._framer = FramerRTU(DecodePDU(True))
        self.every_s = STREAM_S

    def speak(self, mono_s: float) -> bytes:  # noqa: ARG002 - it only answers
        return b""

    def hear(self, data: bytes, mono_s: float) -> bytes:
        # A question of eight bytes comes in one piece over a pseudo-terminal.
        _, request = self._framer.handleFrame(data, self._unit_id, 0)
        if request is None:
            return b""
        answer = self._answer(request, mono_s)
        answer.dev_id = self._unit_id
        return self._spoilt(bytes(self._framer.buildFrame(answer)))

    def _answer(self, request: Any, mono_s: float) -> Any:
        from pymodbus.pdu import ExceptionResponse
        from pymodbus.pdu.register_message import ReadHoldingRegistersResponse, ReadInputRegistersResponse

        kinds = {3: ReadHoldingRegistersResponse, 4: ReadInputRegistersResponse}
        wanted = range(request.address, request.address + request.count)
        if request.function_code not in kinds:
            return ExceptionResponse(request.function_code, 1)
        if any(address not in self._registers for address in wanted):
            return ExceptionResponse(request.function_code, 2)
        values = [0 if self.fault is Fault.NO_ECHO else self._registers[address](mono_s) for address in wanted]
        return kinds[request.function_code](registers=values)
