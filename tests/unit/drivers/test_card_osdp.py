"""OSDP at a pseudo-terminal, with LibOSDP's own reader at the far end."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.config.credentials import OsdpReaderConfig
from edge.drivers.card import Card, Keys, Shown
from edge.drivers.card import osdp as driver
from edge.drivers.card.osdp import OsdpReader
from edge.drivers.card.osdp_key import DEFAULT_KEY, read_key
from edge.errors import DataError, HardwareError

osdp = pytest.importorskip("osdp")

KEY = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
TRIES = 80


class Far:
    """A reader on a thread of its own. `recorded`: everything that went to the panel."""

    id = 1

    def __init__(self, key: bytes | None) -> None:
        import osdp_sys

        self._far, self._near = pty.openpty()
        tty.setraw(self._near)
        os.set_blocking(self._far, False)
        self.path = Path(os.ttyname(self._near))
        self.recorded = b""
        self._events: list[dict[str, Any]] = []
        capabilities = [(osdp.Capability.CardDataFormat, 1, 1), (osdp.Capability.CommunicationSecurity, 1, 1)]
        osdp_sys.set_loglevel(osdp.LogLevel.Emergency)
        info = osdp.PDInfo(3, self, scbk=key, name="far")
        self._device = osdp_sys.PeripheralDevice(info.get(), capabilities=osdp.PDCapabilities(capabilities).get())
        self._device.set_command_callback(lambda _command: (0, None))
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.005):
            with self._lock:
                events, self._events = self._events, []
            for event in events:
                self._device.submit_event(event)
            self._device.refresh()

    def send(self, **event: Any) -> None:
        with self._lock:
            self._events.append({"reader_no": 0, **event})

    def read(self, most: int) -> bytes:
        try:
            return os.read(self._far, most)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> int:
        self.recorded += data
        return os.write(self._far, data)

    def flush(self) -> None:
        pass

    def silence(self) -> None:
        """Whatever is said from here on is said by somebody else."""
        self._stop.set()
        self._thread.join(5.0)
        assert not self._thread.is_alive()

    def end(self) -> None:
        self.silence()
        self._device = None
        os.close(self._far)
        os.close(self._near)


class Bench:
    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder

    def far(self, key: bytes | None = KEY) -> Far:
        far = Far(key)
        self._stack.callback(far.end)
        return far

    def reader(self, far: Far, key: bytes = KEY) -> OsdpReader:
        file = self._folder / "reader.key"
        file.write_text(key.hex() + "\n")
        file.chmod(0o600)
        reader = OsdpReader(OsdpReaderConfig("osdp", far.path, file, address=3))
        self._stack.callback(reader.close)
        return reader


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack, tmp_path)


def shown_at(reader: OsdpReader, wanted: int = 1) -> list[Shown]:
    found: list[Shown] = []
    for _ in range(TRIES):
        found += reader.read(0.25)
        if len(found) >= wanted:
            return found
    raise AssertionError(f"only {found}")


def test_cards_and_keys_come_over_the_secure_channel(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "CONNECT_S", 20.0)  # a busy machine
    far = bench.far()
    reader = bench.reader(far)
    reader.open()
    assert reader.secured
    far.send(
        event=osdp.Event.CardRead, direction=0, format=osdp.CardFormat.Wiegand, data=b"\x08\x98\x1c\xc0", length=26
    )
    assert shown_at(reader) == [Card("w26:17-12345")]
    far.send(
        event=osdp.Event.CardRead, direction=0, format=osdp.CardFormat.Unspecified, data=bytes(range(8)), length=64
    )
    assert shown_at(reader) == [Card("w64:0001020304050607")]
    far.send(event=osdp.Event.KeyPress, data=b"12\x7f4\r", length=5)
    assert shown_at(reader) == [Keys("12*4#")]
    assert b"\x08\x98\x1c\xc0" not in far.recorded  # nobody on the wire reads the card


def test_what_was_recorded_on_the_wire_opens_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that the reader said, a card included, once more into the session in which it was said."""
    monkeypatch.setattr(driver, "CONNECT_S", 20.0)
    far = bench.far()
    reader = bench.reader(far)
    reader.open()
    far.send(
        event=osdp.Event.CardRead, direction=0, format=osdp.CardFormat.Wiegand, data=b"\x08\x98\x1c\xc0", length=26
    )
    assert shown_at(reader) == [Card("w26:17-12345")]
    far.silence()
    recorded = far.recorded
    for at in range(0, len(recorded), 64):
        far.write(recorded[at : at + 64])
        assert reader.read(0.05) == []
    assert reader.read(0.5) == []


@pytest.mark.parametrize("key", [bytes(range(50, 66)), DEFAULT_KEY, None], ids=["another", "default", "install mode"])
def test_a_reader_without_our_key_is_not_believed(
    bench: Bench, key: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "CONNECT_S", 1.0)
    far = bench.far(key)
    far.send(
        event=osdp.Event.CardRead, direction=0, format=osdp.CardFormat.Wiegand, data=b"\x08\x98\x1c\xc0", length=26
    )
    reader = bench.reader(far)
    with pytest.raises(HardwareError, match="no Secure Channel"):
        reader.open()


class Silent:
    """The library, with a reader that is offline."""

    ctx = SimpleNamespace(refresh=lambda: None, sc_status=lambda: 0)

    def get_event(self, _address: int, _timeout: int) -> dict[str, Any] | None:
        return None


def test_a_reader_that_goes_silent_is_lost(bench: Bench) -> None:
    now = [100.0]
    far = bench.far()
    reader = bench.reader(far)
    reader._clock = lambda: now[0]
    reader._port.open()
    reader._panel, reader._channel, reader._safe_s = Silent(), driver._Channel(reader._port), now[0]
    now[0] += driver.LOST_S
    assert reader.read(0.0) == []
    now[0] += 0.1
    with pytest.raises(HardwareError, match="is lost"):
        reader.read(0.0)


def test_what_comes_without_a_secure_channel_is_no_card(bench: Bench) -> None:
    """The library keeps it back; were it ever to let something by, we do."""
    event = {"event": osdp.Event.CardRead, "format": osdp.CardFormat.Wiegand, "data": b"\x08\x98\x1c\xc0", "length": 26}

    events = [event]

    class Careless(Silent):
        def get_event(self, _address: int, _timeout: int) -> dict[str, Any] | None:
            return events.pop() if events else None

    reader = bench.reader(bench.far())
    reader._port.open()
    reader._panel, reader._channel, reader._safe_s = Careless(), driver._Channel(reader._port), reader._clock()
    assert reader.read(0.0) == []
    assert reader.refused == 4


def test_a_port_that_is_gone_is_told_from_within_the_library(bench: Bench, tmp_path: Path) -> None:
    far = bench.far()
    reader = bench.reader(far)
    reader._settings = OsdpReaderConfig("osdp", tmp_path / "nothing", reader._settings.key_file)
    gone = OsdpReader(reader._settings)
    with pytest.raises(HardwareError, match="cannot be opened"):
        gone.open()
    gone.close()


# --- the key


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (KEY.hex(), 0o644, "others may read"),
        (KEY.hex(), 0o640, "others may read"),
        (DEFAULT_KEY.hex(), 0o600, "everybody knows"),
        ("00" * 16, 0o600, "everybody knows"),
        ("ff" * 16, 0o600, "everybody knows"),
        (KEY.hex()[:-2], 0o600, "no key"),
        (KEY.hex() + "00", 0o600, "no key"),
        ("no key at all", 0o600, "no key"),
        ("é" * 16, 0o600, "no key"),
    ],
)
def test_keys_that_protect_nothing_are_refused(tmp_path: Path, text: str, mode: int, why: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(DataError, match=why):
        read_key(file)


def test_the_key_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    with pytest.raises(HardwareError):
        read_key(file)
    file.write_text(KEY.hex().upper() + "\n")
    file.chmod(0o400)
    assert read_key(file) == KEY
