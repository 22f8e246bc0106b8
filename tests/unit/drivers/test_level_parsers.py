"""The serial parsers on frames, and on 100,000 random sequences each.

How many false levels are too many is reckoned for each from its checksum, and the bound is the number that chance alone
would exceed once in a million runs. The seed is fixed, so a failure is the parser's and not chance's.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bin_events import Reading
from edge.drivers.level.frames import ChecksumFrames, Span, two_byte_number
from edge.drivers.level.modbus import RegisterReader
from edge.drivers.level.sound import compensated, speed_of_sound
from edge.drivers.level.twice import Twice
from edge.drivers.level.weighing import Weighing, WeighingLines
from edge.errors import HardwareError

SEQUENCES = 100_000
SPAN = Span(1.0, 30.0, 4500.0)
PLAUSIBLE = 4471 / 65536
"""The share of all numbers of 16 bits that lie within SPAN."""


def random_bytes(most: int, seed: int, least: int = 0) -> Iterator[bytes]:
    """SEQUENCES of them, each of `least` to `most` bytes."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(least, most + 1, SEQUENCES)
    pool = generator.bytes(int(lengths.sum()))
    ends = np.cumsum(lengths).tolist()
    return (pool[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True))


def most_by_chance(expected: float, risk: float = 1e-6) -> int:
    """The least number that a Poisson variable of this mean exceeds with a probability below `risk`."""
    term = total = exp(-expected)
    number = 0
    while 1.0 - total > risk:
        number += 1
        term *= expected / number
        total += term
    return number


def frame(number: int) -> bytes:
    high, low = divmod(number, 256)
    return bytes((0xFF, high, low, (0xFF + high + low) & 0xFF))


def test_the_bound_is_that_of_the_poisson_distribution() -> None:
    assert most_by_chance(0.0) == 0
    assert most_by_chance(1e-7) == 0
    assert most_by_chance(1.0) == 9  # P(more than 9) is 1.1e-7, P(more than 8) 1.1e-6


# --- FF H L SUM


def test_frames_are_found_whole_and_in_pieces() -> None:
    stream = frame(1953) + frame(0) + frame(0xFFFD) + frame(511)
    assert ChecksumFrames().feed(stream) == [1953, 0, 0xFFFD, 511]
    frames = ChecksumFrames()
    assert [number for byte in stream for number in frames.feed(bytes([byte]))] == [1953, 0, 0xFFFD, 511]


@pytest.mark.parametrize("garbage", [b"\xff", b"\xff\xff\xff", b"\x00\x12", b"\xff\x07\xa1\x00", b"\xff\x07\xa1"])
def test_garbage_before_a_frame_costs_that_frame_at_most(garbage: bytes) -> None:
    numbers = ChecksumFrames().feed(garbage + frame(1953) * 3)
    assert numbers[-2:] == [1953, 1953]


@pytest.mark.parametrize("bit", range(32))
def test_a_flipped_bit_is_never_a_number(bit: int) -> None:
    damaged = (int.from_bytes(frame(1953), "big") ^ 1 << bit).to_bytes(4, "big")
    assert ChecksumFrames().feed(damaged) == []


def test_after_a_pause_a_frame_begins() -> None:
    heard = frame(511) * 20
    frames = ChecksumFrames()
    assert frames.feed(heard[3:]) == [0xFF01] * 19  # from the middle of one: every one is misread
    frames.pause()
    assert frames.feed(heard) == [511] * 20


def test_every_true_frame_of_every_distance_is_read() -> None:
    for number in range(0x10000):
        assert ChecksumFrames().feed(frame(number)) == [number]


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 0xFFFF).map(frame), st.binary(max_size=6), st.just(b"\xff"))), st.data())
def test_how_frames_are_cut_does_not_matter(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    frames = ChecksumFrames()
    numbers = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        numbers += frames.feed(stream[begin:end])
        assert len(frames._kept) <= 3
    assert numbers == ChecksumFrames().feed(stream)
    for number in numbers:
        assert frame(number) in stream


def test_random_bytes_hold_no_more_frames_than_chance_puts_there() -> None:
    frames, false, true = ChecksumFrames(), 0, 0
    total = 0
    for data in random_bytes(24, seed=1):
        total += len(data)
        for number in frames.feed(data):
            true += 1
            false += SPAN.reading(number).distance_mm is not None
        assert len(frames._kept) <= 3
    expected = total / 65536  # at each place: FF in one of 256, its SUM in one of 256
    assert true <= most_by_chance(expected)
    assert false <= most_by_chance(expected * PLAUSIBLE)
    assert true > 0  # those that chance puts there are frames like any other


# --- H L


@pytest.mark.parametrize(
    ("answer", "number"), [(b"\x07\xa1", 1953), (b"\x07", None), (b"", None), (b"\x07\xa1\x00", None)]
)
def test_two_bytes_are_an_answer_and_no_other_number_of_them(answer: bytes, number: int | None) -> None:
    assert two_byte_number(answer) == number


def test_random_pairs_confirm_each_other_no_more_often_than_chance_makes_them() -> None:
    single, false = 0, 0
    twice = Twice(20.0)
    for data in random_bytes(4, seed=2):
        number = two_byte_number(data)
        if number is None:  # as the driver does
            twice.forget()
            continue
        reading = SPAN.reading(number)
        single += reading.distance_mm is not None
        confirmed = twice(reading)
        false += confirmed is not None and confirmed.distance_mm is not None
    # Two in a row have two bytes in one case of 25; both are plausible and alike in 4471 · 41 of 65536².
    assert false <= most_by_chance(SEQUENCES / 25 * 4471 * 41 / 65536**2)
    assert single > 1000  # what one answer alone would have let through


def test_random_pairs_alone() -> None:
    """The same with every answer of two bytes, the worst that can come: chance's share is met from both sides."""
    generator = np.random.default_rng(3)
    twice = Twice(20.0)
    false = 0
    for number in generator.integers(0, 0x10000, SEQUENCES).tolist():
        confirmed = twice(SPAN.reading(number))
        false += confirmed is not None and confirmed.distance_mm is not None
    expected = SEQUENCES * 4471 * 41 / 65536**2
    assert 0 < false <= most_by_chance(expected)


def test_what_is_said_twice_counts() -> None:
    twice = Twice(20.0, share=0.01)
    assert twice(Reading(distance_mm=1000.0)) is None
    assert twice(Reading(distance_mm=1020.0)) == Reading(distance_mm=1020.0)
    assert twice(Reading(distance_mm=1041.0)) is None
    assert twice(Reading()) is None
    assert twice(Reading()) == Reading()
    twice.forget()
    assert twice(Reading()) is None
    assert twice(Reading(load_g=10_000.0)) is None
    assert twice(Reading(load_g=10_100.0)) is not None


# --- what a module cannot mean


@pytest.mark.parametrize("number", [0, 1, 29, 4501, 9999, 0xFFFD, 0xFFFE, 0xFFFF])
def test_a_number_that_no_module_measures_has_no_distance(number: int) -> None:
    assert SPAN.reading(number) == Reading()


def test_centimetres() -> None:
    assert Span(10.0, 200.0, 6000.0).reading(123) == Reading(distance_mm=1230.0)
    assert Span(0.1, 30.0, 10_000.0).reading(0xFFFF) == Reading()  # within the range, but said of no echo


# --- weighing indicators


@pytest.mark.parametrize(
    ("line", "weighing"),
    [
        (b"ST,GS,+  12.345kg", Weighing(12_345.0, stable=True)),
        (b"ST,NT,-   0.020kg", Weighing(-20.0, stable=True)),
        (b"US,GS,+00012.3 kg", Weighing(12_300.0, stable=False)),
        (b"ST,GS   12.345,kg", Weighing(12_345.0, stable=True)),
        (b"ST,+00250.0  g", Weighing(250.0, stable=True)),
        (b"ST, GS+ 5.12KG", Weighing(5_120.0, stable=True)),
        (b"ST,GS,+  10.0lb", Weighing(4_535.9237, stable=True)),
        (b"ST,GS,+  1.25t", Weighing(1_250_000.0, stable=True)),
        (b"OL,GS,+ ------kg", Weighing(None, stable=True)),
        (b"OL", Weighing(None, stable=True)),
    ],
)
def test_lines_of_the_trade(line: bytes, weighing: Weighing) -> None:
    for end in (b"\r\n", b"\n", b"\r"):
        assert WeighingLines().feed(line + end) == [weighing]


@pytest.mark.parametrize(
    "line", [b"", b"ST,GS,+  12.345", b"12.345kg", b"ST,TR,+1.0kg", b"ST,GS,+-1kg", b"ST,GS,+1e9kg", b"ST,GS,+ 1.2.3kg"]
)
def test_other_lines_say_nothing(line: bytes) -> None:
    assert WeighingLines().feed(line + b"\r\n") == []


def test_lines_in_pieces_after_garbage_and_without_an_end() -> None:
    lines = WeighingLines()
    assert lines.feed(b"\x00\xffgarbage\r\nST,GS,+  1") == []
    assert lines.feed(b".5kg\r\nST,GS") == [Weighing(1_500.0, stable=True)]
    assert lines.feed(b"9" * 10_000) == []
    assert len(lines._kept) == 0
    assert lines.feed(b"9kg\r\nST,GS,+2kg\r\n") == [Weighing(2_000.0, stable=True)]  # the endless line is gone
    assert lines.feed(b"ST,GS,+  1") == []
    lines.restart()
    assert lines.feed(b"7kg\r\nST,GS,+2kg\r\n") == [Weighing(2_000.0, stable=True)]


@given(
    st.lists(st.sampled_from([b"ST,GS,+  1.5kg\r\n", b"US,GS,-2g\n", b"OL\r\n", b"ST,", b"\r", b"\xff9kg"])), st.data()
)
def test_how_the_bytes_are_cut_does_not_matter(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    parts = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    lines = WeighingLines()
    assert [weighing for part in parts for weighing in lines.feed(part)] == WeighingLines().feed(stream)


def test_random_bytes_are_no_load() -> None:
    lines, loads = WeighingLines(), 0
    for data in random_bytes(24, seed=4):
        loads += sum(weighing.load_g is not None for weighing in lines.feed(data))
        assert len(lines._kept) <= 64
    # The shortest line, `ST1g` and its end, has five bytes fixed but for case and digits: far below one in 10^9.
    assert loads == 0


def test_random_text_of_the_right_letters_is_no_load_at_overload_either() -> None:
    """Where garbage is made of the protocol's own characters, the shape of a line still has to be met."""
    letters = np.frombuffer(b"STUGNOL,.+- 0123456789kg\r\n", np.uint8)
    generator = np.random.default_rng(5)
    picked = generator.choice(letters, size=SEQUENCES * 8)
    found = WeighingLines().feed(b"")
    lines = WeighingLines()
    pool = picked.tobytes()
    for place in range(0, len(pool), 8):
        found += lines.feed(pool[place : place + 8])
    # `ST1g`: 1/26 · 1/26 · 10/26 · 1/26, between two ends of lines (2/26 each), and ten times that for longer ones.
    assert sum(weighing.load_g is not None for weighing in found) <= most_by_chance(len(pool) * 10 * 10 * 4 / 26**6)


# --- Modbus RTU, as the driver uses pymodbus's framer


def answer(unit: int, *pdu: int) -> bytes:
    """A frame with its CRC, reckoned apart from pymodbus: polynomial A001, first FFFF."""
    body = bytes((unit, *pdu))
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return body + crc.to_bytes(2, "little")


@pytest.fixture
def reader() -> RegisterReader:
    reader = RegisterReader(7, "input")
    assert reader.question(0x0102) == answer(7, 4, 1, 2, 0, 1)
    return reader


def test_a_register_is_read_in_pieces_and_after_noise(reader: RegisterReader) -> None:
    told = answer(7, 4, 2, 0x07, 0xA1)
    assert [reader.hear(bytes([byte])) for byte in told] == [None] * 6 + [1953]
    for noise in (b"\x07", b"\x00", b"\xff\x07\x04", b"\x07\x04\x02", told[:-1]):
        reader.question(1)
        assert reader.hear(noise + told) == 1953


@pytest.mark.parametrize(
    "other",
    [
        answer(8, 4, 2, 0x07, 0xA1),  # another unit
        answer(7, 3, 2, 0x07, 0xA1),  # the other table
        answer(7, 4, 4, 0, 1, 0, 2),  # two registers
        answer(7, 0x83, 2),  # a refusal of something else
        answer(7, 0x84, 6),  # busy
        answer(7, 4, 2, 0x07, 0xA1)[:-1] + b"\x00",
        b"",
    ],
)
def test_what_does_not_fit_the_question_is_no_answer(reader: RegisterReader, other: bytes) -> None:
    assert reader.hear(other) is None


def test_a_refusal_is_a_clear_error(reader: RegisterReader) -> None:
    with pytest.raises(HardwareError, match=r"unit 7 refuses the register \(check register and table"):
        reader.hear(answer(7, 0x84, 2))


def test_random_bytes_are_no_register(reader: RegisterReader) -> None:
    """A quarter each of pure noise, of noise after the unit, after the function too, and after the length as well. Of
    the last every one is a frame but for its CRC, which fits one in 65,536.
    """
    heads = (b"", b"\x07", b"\x07\x04", b"\x07\x04\x02")
    false = refused = 0
    for number, data in enumerate(random_bytes(9, seed=6)):
        reader.question(0)
        try:
            false += reader.hear(heads[number % 4] + data) is not None
        except HardwareError:
            refused += 1
        assert len(reader._heard) <= 264
    assert false <= most_by_chance(SEQUENCES / 4 / 65536 * (1 + 1 / 256 + 1 / 65536))
    # A refusal is five bytes: unit, 84, code, CRC. Only noise after the unit gets near one.
    assert refused <= most_by_chance(SEQUENCES / 2 / 256 / 65536)


# --- the speed of sound


def test_the_speed_of_sound() -> None:
    assert speed_of_sound(0.0) == 331.3
    assert speed_of_sound(20.0) == pytest.approx(343.2, abs=0.1)
    assert compensated(1000.0, 20.0) == pytest.approx(1000.0)
    assert compensated(1000.0, 2.0) == pytest.approx(968.8, abs=0.1)
    assert compensated(1000.0, 45.0) == pytest.approx(1041.8, abs=0.1)
