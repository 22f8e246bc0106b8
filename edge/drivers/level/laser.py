"""A VL53L1X laser ranger on I²C, through the library VL53L1X, which carries the maker's own code.

The library loses errors of the bus: its callbacks raise inside C, where nobody sees it, and what is read afterwards is
the measurement before. So whether the chip is still there is asked of the bus directly, before each measurement and
after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edge.bin_events import Reading
from edge.config.sensors import LaserSensor
from edge.errors import HardwareError

# VL53L1X datasheet, table "reference registers": model id, module type, mask revision at 0x010F.
_IDENTITY_AT = (0x01, 0x0F)
_IDENTITY = bytes((0xEA, 0xCC, 0x10))
_MODES = {"short": 1, "medium": 2, "long": 3}
_HINT = "i2cdetect -y 1 shows the chip at 29; check wires and dtparam=i2c_arm=on"
_LEAST_MM = 40.0  # datasheet, minimum ranging distance


def libraries() -> tuple[Any, Any]:
    """The modules VL53L1X and smbus2."""
    try:
        import smbus2
        import VL53L1X
    except (ImportError, OSError) as error:  # OSError: its compiled part is missing
        raise HardwareError(f"VL53L1X is not available: {error}", hint="pip install 'edge[pi]'") from error
    return VL53L1X, smbus2


class LaserRanger:
    """A LevelSensor. `read` waits for the library up to its own limit of 2 s, whatever `timeout_s`; a chip that works
    takes a tenth of a second. `get_libraries`: as `libraries`.
    """

    def __init__(self, settings: LaserSensor, get_libraries: Callable[[], tuple[Any, Any]] = libraries) -> None:
        self._settings = settings
        self._get_libraries = get_libraries
        self._smbus2: Any = None
        self._bus: Any = None
        self._ranger: Any = None

    def open(self) -> None:
        library, self._smbus2 = self._get_libraries()
        bus, address = self._settings.bus, self._settings.address
        try:
            self._bus = self._smbus2.SMBus(bus)
            self._check_presence()
            ranger = library.VL53L1X(i2c_bus=bus, i2c_address=address)
            ranger.open()
            self._ranger = ranger
            ranger.start_ranging(_MODES[self._settings.range])
        except (OSError, RuntimeError) as error:
            self.close()
            if isinstance(error, HardwareError):
                raise
            raise HardwareError(f"no VL53L1X at {address:#04x} on bus {bus}: {error}", hint=_HINT) from error

    def read(self, timeout_s: float) -> Reading | None:  # noqa: ARG002 - the library has a limit of its own
        if self._ranger is None:
            raise HardwareError("the laser ranger is not open", hint="open() comes first")
        self._check_presence()
        distance_mm = self._ranger.get_distance()
        self._check_presence()
        if self._ranger.get_status() != 0:
            return None
        # It says -1 where the chip rejected its own measurement.
        return Reading(distance_mm=float(distance_mm) if distance_mm >= _LEAST_MM else None)

    def close(self) -> None:
        ranger, self._ranger = self._ranger, None
        bus, self._bus = self._bus, None
        try:
            if ranger is not None:
                ranger.stop_ranging()
                ranger.close()
        finally:
            if bus is not None:
                bus.close()

    def _check_presence(self) -> None:
        address = self._settings.address
        write = self._smbus2.i2c_msg.write(address, _IDENTITY_AT)
        read = self._smbus2.i2c_msg.read(address, len(_IDENTITY))
        try:
            self._bus.i2c_rdwr(write, read)
        except OSError as error:
            raise HardwareError(f"the laser ranger at {address:#04x} is gone: {error}", hint=_HINT) from error
        if bytes(read) != _IDENTITY:
            raise HardwareError(
                f"what answers at {address:#04x} is no VL53L1X (it says {bytes(read).hex()})",
                hint="a VL53L0X looks alike and is another chip",
            )
