"""Real codes in pictures as a camera makes them, and pictures that are none."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
import zxingcpp

from edge.drivers.camera import Picture
from edge.passes.token import MOST_BYTES, Pass, issue
from edge.vision.codes import MOST_CODES, may_show_code, read_codes
from tests.unit.passes.pass_samples import NOW_S, NUMBER, OFFICE, PERSON, background, drawn, photographed, token

SHORT = token().decode()
LONG = issue(Pass(NUMBER, PERSON, "willow-court", True, ("main", "pool"), NOW_S, NOW_S + 60, 10), "reception", OFFICE)


def on_white(code: Picture, size: tuple[int, int] = (480, 640)) -> Picture:
    whole = np.full((*size, 3), 255, np.uint8)
    height, width = min(code.shape[0], size[0]), min(code.shape[1], size[1])
    whole[:height, :width] = code[:height, :width]
    return whole


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["version 10", "version 12"])
def test_a_code_in_a_hand_is_read(text: str) -> None:
    """At 2.2 pixels to a module and more: a phone 22 cm before a lens of 66 degrees and 640 pixels."""
    for px in (2.2, 4.0):
        read = [read_codes(photographed(text, px, seed), MOST_BYTES) == [text.encode()] for seed in range(5)]
        assert sum(read) >= 4, px


@pytest.mark.parametrize("turns", range(4))
def test_whichever_way_round(turns: int) -> None:
    picture = np.ascontiguousarray(np.rot90(photographed(SHORT, 3.0), turns))
    assert read_codes(picture, MOST_BYTES) == [SHORT.encode()]


def test_what_edge_draws_fills_the_picture() -> None:
    assert read_codes(drawn(LONG), MOST_BYTES) == [LONG.encode()]


def test_too_small_is_nothing_rather_than_something_else() -> None:
    found = [read_codes(photographed(SHORT, 1.2, seed), MOST_BYTES) for seed in range(5)]
    assert all(codes in ([], [SHORT.encode()]) for codes in found)


def test_a_picture_without_a_code_has_none() -> None:
    assert read_codes(background(), MOST_BYTES) == []


@pytest.mark.parametrize("contrast", [0.15, 0.3, 1.0])
@pytest.mark.parametrize("px", [2.0, 3.0, 6.0])
@pytest.mark.parametrize("width", [640, 960])
def test_a_faint_code_before_a_wall_is_not_taken_for_the_wall(width: int, px: float, contrast: float) -> None:
    side, cell = round(px * 65), width // 20
    code = cv2.resize(drawn(SHORT)[:780, :780], (side, side), interpolation=cv2.INTER_AREA)[:440, :440]
    faint = np.round(60 + contrast * code.astype(np.float32) * 0.75).astype(np.uint8)
    for first in (0, cell // 2, cell - 1):
        picture = np.full((width * 3 // 4, width, 3), 110, np.uint8)
        picture[first : first + code.shape[0], first : first + code.shape[1]] = faint
        assert may_show_code(picture)


def test_nothing_is_looked_for_before_a_wall_with_shadows_at_night() -> None:
    chance = np.random.default_rng(2)
    shadow = np.linspace(20, 140, 640)[None, :, None]
    wall = np.broadcast_to(shadow, (480, 640, 3)) + chance.normal(0, 6, (480, 640, 3))
    assert not may_show_code(np.clip(wall, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("kind", ["MicroQRCode", "RMQRCode", "Aztec", "DataMatrix", "PDF417", "Code128", "EAN13"])
def test_other_kinds_of_codes_are_not_even_looked_at(kind: str) -> None:
    text = "400638133393" if kind == "EAN13" else "12345"
    code = np.array(zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind)).to_image(scale=3))
    picture = on_white(cv2.cvtColor(code, cv2.COLOR_GRAY2RGB))
    assert zxingcpp.read_barcodes(picture), "the picture does show one"
    assert read_codes(picture, MOST_BYTES) == []


def test_a_giant_code_is_cut_one_character_above_what_is_allowed() -> None:
    code = np.array(zxingcpp.create_barcode("x" * 2900, zxingcpp.BarcodeFormat.QRCode, ec_level="L").to_image(scale=3))
    found = read_codes(on_white(cv2.cvtColor(code, cv2.COLOR_GRAY2RGB), (640, 640)), MOST_BYTES)
    assert found == [b"x" * (MOST_BYTES + 1)]


def test_bytes_that_are_no_text_come_as_they_are() -> None:
    content = bytes(range(256))[:60]
    code = np.array(zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4))
    assert read_codes(on_white(cv2.cvtColor(code, cv2.COLOR_GRAY2RGB)), MOST_BYTES) == [content]


def test_of_many_codes_the_nearest() -> None:
    whole = np.full((1000, 1000, 3), 255, np.uint8)
    for number in range(9):
        code = np.array(zxingcpp.create_barcode(str(number), zxingcpp.BarcodeFormat.QRCode).to_image(scale=3 + number))
        top, left = 330 * (number // 3), 330 * (number % 3)
        whole[top : top + code.shape[0], left : left + code.shape[1]] = code[:, :, None]
    assert read_codes(whole, MOST_BYTES) == [b"8", b"7", b"6", b"5"]
    assert MOST_CODES == 4


def test_pictures_made_to_take_long_do_not() -> None:
    """Noise, blocks and finder patterns without end: 640 × 480 in far less than the worker's time of ten seconds."""
    chance = np.random.default_rng(1)
    finder = np.kron(np.pad(np.pad(np.ones((3, 3)), 1), 1, constant_values=1), np.ones((3, 3)))
    pictures = [
        chance.integers(0, 256, (480, 640)),
        np.kron(chance.integers(0, 2, (160, 214)), np.ones((3, 3)))[:480, :640] * 255,
        255 - np.tile(np.pad(finder, 4), (17, 23))[:480, :640] * 255,
        np.indices((480, 640)).sum(axis=0) // 2 % 2 * 255,
    ]
    for picture in pictures:
        full = np.zeros((480, 640, 3), np.uint8)
        full[: picture.shape[0], : picture.shape[1]] = picture[:, :, None].astype(np.uint8)
        begun_s = time.perf_counter()
        read_codes(full, MOST_BYTES)
        assert time.perf_counter() - begun_s < 2.0
