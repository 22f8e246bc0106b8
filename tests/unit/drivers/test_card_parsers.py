"""What readers send, whole, in pieces, and damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cards import of_uid
from edge.drivers.card import Card, Keys
from edge.drivers.card import pn532_frames as pn532
from edge.drivers.card.bridge import BitFrames, BitLines, bits_parser, meaning
from edge.drivers.card.frames import LineFrames, StxFrames
from edge.drivers.card.instruments import bit_frame, bits_of_card, bits_of_key, stx_frame

Feed = Callable[[bytes], Sequence[object]]
NUMBER = bytes.fromhex("0400A1B2C3")
UID = bytes.fromhex("04A1B2C3D4E5F6")
FOUND = bytes((pn532.FROM_CHIP, 0x4B, 1, 1, 0, 0x44, 0, len(UID))) + UID
BITS = bits_of_card("w26:17-12345")

# name, how to make the parser, one good message, what it gives
KINDS: list[tuple[str, Callable[[], Feed], bytes, object]] = [
    ("lines", lambda: LineFrames(10).feed, b"0012345678\r\n", "id:0012345678"),
    ("stx", lambda: StxFrames().feed, stx_frame(NUMBER), "em:0400A1B2C3"),
    ("bit lines", lambda: BitLines().feed, b"\n" + BITS.encode() + b"\r\n", BITS),
    ("bit frames", lambda: BitFrames().feed, bit_frame(BITS), BITS),
    ("pn532", lambda: pn532.Frames().feed, pn532.frame(FOUND), FOUND),
]
each = pytest.mark.parametrize(("make", "good", "found"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])


def fed(feed: Feed, data: bytes, cuts: Sequence[int] = ()) -> list[object]:
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [one for start, end in pairwise(places) for one in feed(data[start:end])]


@each
@given(cuts=st.lists(st.integers(0, 60), max_size=8))
def test_pieces_make_no_difference(make: Callable[[], Feed], good: bytes, found: object, cuts: list[int]) -> None:
    assert fed(make(), good * 2, cuts) == [found, found]


@each
@given(noise=st.binary(max_size=80), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_after_noise_it_is_understood_again(
    make: Callable[[], Feed], good: bytes, found: object, noise: bytes, cuts: list[int]
) -> None:
    """The first after noise may be lost in it; with a line end, and one more for what the noise began, it is not."""
    assert fed(make(), noise + b"\r\n" + good * 20 + good, cuts)[-1] == found


@pytest.mark.parametrize("make", [kind[1] for kind in KINDS], ids=[kind[0] for kind in KINDS])
@given(data=st.lists(st.binary(max_size=300), max_size=6))
def test_noise_is_never_an_error_and_little_is_kept(make: Callable[[], Feed], data: list[bytes]) -> None:
    feed = make()
    for piece in data:
        feed(piece)
        assert len(feed.__self__._kept) <= 260  # type: ignore[attr-defined]


@each
@given(at=st.integers(0, 400), bit=st.integers(0, 7))
def test_one_wrong_bit_is_never_another_card(
    make: Callable[[], Feed], good: bytes, found: object, at: int, bit: int
) -> None:
    place = at % len(good)
    damaged = good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]
    for one in fed(make(), damaged + b"\r\n"):
        if isinstance(one, str) and one.startswith("id:"):
            continue  # a line has nothing that guards it
        shown = meaning(one) if isinstance(one, str) and not one.startswith("em:") else one
        assert one == found or shown is None or isinstance(shown, Keys)


# --- each by itself


@pytest.mark.parametrize(
    ("data", "cards"),
    [
        (b"00123456AB\r", ["id:00123456AB"]),
        (b"00123456ab\n", ["id:00123456AB"]),
        (b"\x0200123456AB\r\n\x03\x0200123456AC\r\n\x03", ["id:00123456AB", "id:00123456AC"]),
        (b"0123456AB\r\n", []),  # nine digits: a part of one
        (b"000123456AB\r\n", []),
        (b"0012345 78\r\n", []),
        (b"\r\n\r\n", []),
        (b"0012345678", []),  # not ended
        (b"0" * 500 + b"\r\n0012345678\r\n", ["id:0012345678"]),
    ],
)
def test_lines(data: bytes, cards: list[str]) -> None:
    parser = LineFrames(10)
    assert parser.feed(data) == cards


@pytest.mark.parametrize(
    ("data", "refused"),
    [(b"00123456AB\r\n", 0), (b"\x02\r\n\x03\r\n", 0), (b"0123\r\n", 4), (b"0" * 500 + b"\n", 500)],
)
def test_what_is_no_line_is_counted(data: bytes, refused: int) -> None:
    parser = LineFrames(10)
    parser.feed(data)
    assert parser.refused == refused


def test_half_a_line_does_not_wait_for_its_end_for_ever() -> None:
    parser = LineFrames(10)
    assert parser.feed(b"00123") == []
    parser.pause()
    assert parser.feed(b"45678\r\n") == []
    assert parser.refused == 10


def test_a_frame_of_the_rdm6300s_data_sheet_kind() -> None:
    # 62 ^ E3 ^ 08 ^ 6C ^ ED = 08
    assert StxFrames().feed(b"\x0262E3086CED08\x03") == ["em:62E3086CED"]
    assert StxFrames().feed(b"\x0262E3086CED08\r\n\x03") == ["em:62E3086CED"]
    assert StxFrames().feed(b"\x0262E3086CED09\x03") == []
    assert StxFrames().feed(b"\x02\x0262E3\x0262E3086CED08\x03") == ["em:62E3086CED"]


def test_the_end_of_a_cards_line_is_no_key() -> None:
    """From the middle of 26 bits on, four or eight would remain."""
    parser = bits_parser("lines")
    assert parser.feed(BITS[-4:].encode() + b"\r\n") == []  # heard from somewhere on
    assert parser.feed(bits_of_key("5").encode() + b"\r\n") == [bits_of_key("5")]
    parser.feed(b"1" * 500)  # a beginning that was lost
    assert parser.feed(b"0101\r\n") == []
    parser.feed(b"01")
    parser.pause()
    assert parser.feed(b"0101\r\n") == ["0101"]  # after silence a line begins


@pytest.mark.parametrize("key", "0123456789*#")
def test_keys_in_four_and_eight_bits(key: str) -> None:
    eight = bits_of_key(key)
    assert meaning(eight) == meaning(eight[4:]) == Keys(key)
    assert meaning(eight[:7] + str(1 - int(eight[7]))) is None  # the halves no longer complement each other


@pytest.mark.parametrize("bits", ["1100", "1111", "00001111", "1", "10101", "1" * 12])
def test_what_is_neither_key_nor_card(bits: str) -> None:
    assert meaning(bits) is None


def test_bits_that_should_be_filled_with_zeros_are() -> None:
    good = bit_frame("1" * 26)
    stray = bytearray(good)
    stray[-3] |= 1
    stray[-2] ^= 1  # the checksum fits
    assert BitFrames().feed(good) == ["1" * 26]
    assert BitFrames().feed(bytes(stray)) == []
    assert meaning("1" * 26) is None  # a frame may be sound and its Wiegand parity wrong


def test_what_the_chip_says() -> None:
    frames = pn532.Frames()
    assert frames.feed(pn532.ACK) == [pn532.ACKED]
    assert frames.feed(b"\x00\x00\xff\xff\x00\x00") == [pn532.NACKED]
    assert frames.feed(b"\x00\x00\xff\x01\xff\x7f\x81\x00") == [pn532.SENSELESS]
    # UM0701-02: GetFirmwareVersion asks D4 02, checksum 2A
    assert pn532.command(pn532.GET_FIRMWARE) == bytes.fromhex("0000ff02fed4022a00")
    assert frames.feed(b"\x00\x00\xff\xff\xff\x01\x02\xfd" + bytes(9)) == []  # an extended frame
    assert frames.feed(pn532.ACK + pn532.frame(FOUND)) == [pn532.ACKED, FOUND]


@pytest.mark.parametrize(("size", "good"), [(4, True), (7, True), (10, True), (0, False), (3, False), (5, False)])
def test_uids_have_four_seven_or_ten_bytes(size: int, good: bool) -> None:
    answer = bytes((pn532.FROM_CHIP, 0x4B, 1, 1, 0, 4, 8, size)) + bytes(range(1, size + 1))
    assert pn532.uid_of(answer) == (bytes(range(1, size + 1)) if good else None)
    assert pn532.uid_of(answer[:-1]) is None
    if good:
        assert Card(of_uid(bytes(range(1, size + 1)))).name.startswith("uid:01")


@given(st.binary(max_size=40))
def test_no_answer_of_the_chip_is_an_error(answer: bytes) -> None:
    uid = pn532.uid_of(answer)
    assert uid is None or len(uid) in (4, 7, 10)
