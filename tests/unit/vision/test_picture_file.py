from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from vision_samples import PORTRAITS

from edge.errors import DataError
from edge.vision.picture_file import MAX_FILE_BYTES, MAX_SIDE_PX, load_picture


def saved(image: Image.Image, kind: str = "PNG", **more: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


def ramp(width: int = 64, height: int = 32) -> Image.Image:
    """Red grows to the right, green downwards."""
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([x * 255 // width, y * 255 // height, 0 * x], axis=-1).astype(np.uint8))


def test_a_picture_is_rgb_bytes_in_rows() -> None:
    picture = load_picture(saved(ramp()))
    assert picture.shape == (32, 64, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert picture.flags.writeable
    np.testing.assert_array_equal(picture, np.asarray(ramp()))


def test_a_file_and_its_bytes_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(content := saved(ramp(), "JPEG"))
    np.testing.assert_array_equal(load_picture(tmp_path / "a.jpg"), load_picture(content))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_every_exif_orientation_comes_out_upright(orientation: int, kind: str) -> None:
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = ramp() if stored is None else ramp().transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = load_picture(saved(image, kind, exif=exif))
    assert picture.shape == (32, 64, 3)
    np.testing.assert_allclose(picture.astype(int), np.asarray(ramp()).astype(int), atol=12)


def test_orientation_survives_the_conversion_of_unusual_modes() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert load_picture(saved(ramp().convert("L"), "JPEG", exif=exif)).shape == (64, 32, 3)
    assert load_picture(saved(ramp().convert("RGBA"), "PNG", exif=exif)).shape == (64, 32, 3)
    assert load_picture(saved(Image.new("I;16", (64, 32)), "PNG", exif=exif)).shape == (64, 32, 3)


def test_grey_palette_and_cmyk_become_rgb() -> None:
    grey = load_picture(saved(Image.new("L", (20, 20), 77)))
    assert (grey == 77).all()
    assert (load_picture(saved(Image.new("1", (20, 20), 1))) == 255).all()
    palette = load_picture(saved(Image.new("RGB", (20, 20), (255, 0, 0)).quantize(4)))
    np.testing.assert_array_equal(palette[3, 3], [255, 0, 0])
    cmyk = load_picture(saved(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG"))
    assert cmyk[5, 5, 0] > 200
    assert cmyk[5, 5, 1] < 60


def test_sixteen_bits_keep_their_brightness() -> None:
    values = np.full((20, 20), 0x8034, np.uint16)
    assert (load_picture(saved(Image.fromarray(values))) == 0x80).all()
    assert (load_picture(saved(Image.fromarray(values), "TIFF")) == 0x80).all()


def test_what_is_transparent_shows_a_plain_grey() -> None:
    picture = load_picture(saved(Image.new("RGBA", (20, 20), (255, 255, 255, 0))))
    assert (picture == 128).all()
    assert (load_picture(saved(Image.new("LA", (20, 20), (9, 255)))) == 9).all()


def test_floating_point_pixels_are_refused() -> None:
    with pytest.raises(DataError, match="floating-point"):
        load_picture(saved(Image.new("F", (20, 20)), "TIFF"))


def test_large_pictures_are_scaled_down_and_keep_their_shape() -> None:
    for kind in ("JPEG", "PNG"):
        picture = load_picture(saved(ramp(4000, 1000), kind))
        assert picture.shape == (MAX_SIDE_PX // 4, MAX_SIDE_PX, 3)
        assert int(picture[200, 800, 0]) == pytest.approx(127, abs=4)


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize("size", [(8000, 6300), (12_000, 12_000), (60_000, 60_000)])
def test_a_giant_is_refused_by_its_header_before_anything_is_decoded(size: tuple[int, int]) -> None:
    # There is no pixel data at all: to get as far as decoding would give another error.
    with pytest.raises(DataError, match="more than 50 megapixels"):
        load_picture(png_header(*size) + b"\0\0\0\0IDAT")


def test_a_tiny_picture_and_a_giant_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has 15 × 40 pixels"):
        load_picture(saved(Image.new("RGB", (15, 40))))
    with (tmp_path / "big.jpg").open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(DataError, match="larger than 64 MiB"):
        load_picture(tmp_path / "big.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_a_truncated_file_is_refused(kind: str, share: float) -> None:
    random = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    content = saved(Image.fromarray(random), kind)
    with pytest.raises(DataError) as caught:
        load_picture(content[: int(len(content) * share)])
    assert caught.value.hint


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"hello", b"%PDF-1.4 ...", b"\0" * 1000):
        with pytest.raises(DataError, match="is no picture"):
            load_picture(content)
    with pytest.raises(DataError, match=r"none\.jpg cannot be read"):
        load_picture(tmp_path / "none.jpg")
    with pytest.raises(DataError, match="cannot be read"):
        load_picture(tmp_path)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_a_picture_or_a_data_error_and_nothing_else(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"]))
    content = bytearray(saved(ramp(), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = load_picture(bytes(content))
    except DataError:
        return
    assert picture.ndim == 3
    assert max(picture.shape[:2]) <= MAX_SIDE_PX


def test_a_real_photograph_loads() -> None:
    assert load_picture(PORTRAITS / "astronaut.jpg").shape == (512, 512, 3)
