"""Picture files from anywhere, decoded safely: what cannot be used is refused with the reason."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from edge.drivers.camera import Picture
from edge.errors import DataError

MAX_PIXELS = 50_000_000  # what a phone's camera makes at most; 150 MB once decoded
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_SIDE_PX = 1600  # far more than the networks look at, and it bounds the memory that a picture takes
MIN_SIDE_PX = 16
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "GIF")
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N", "I")
# What Pillow's decoders raise on damaged files, apart from the DecompressionBombError of its own header check.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, OverflowError, MemoryError)
_BACKDROP = (128, 128, 128)  # behind transparent parts: neither black nor white, so no edge looks like light


def load_picture(source: Path | bytes) -> Picture:
    """A picture file, or its bytes, as upright RGB with at most 1600 px on the longer side.

    Raises DataError when it cannot be read, is no picture, is truncated or damaged, or is too large or too small.
    """
    name = "the picture" if isinstance(source, bytes) else str(source)
    content = source if isinstance(source, bytes) else _read(source)
    if len(content) > MAX_FILE_BYTES:
        raise DataError(f"{name} is larger than {MAX_FILE_BYTES >> 20} MiB", hint="save it as a JPEG of normal size")
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, which changes nothing here, and only warns between one and two times its
            # own limit of size, which lies above ours.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                _check_size(image, name)
                return _decode(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as failure:
        raise _too_large(name) from failure
    except UnidentifiedImageError as failure:
        raise DataError(f"{name} is no picture", hint=f"use one of {', '.join(_FORMATS)}") from failure
    except DataError:
        raise
    except (*_DAMAGE, struct.error, zlib.error) as failure:
        raise DataError(f"{name} is truncated or damaged: {failure}", hint="copy or save it again") from failure


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)
    except OSError as failure:
        raise DataError(
            f"{path} cannot be read: {failure.strerror or failure}", hint="check the path and its permissions"
        ) from failure


def _check_size(image: Image.Image, name: str) -> None:
    """Refuse by the header, before anything is decoded."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name)
    if min(image.size) < MIN_SIDE_PX:
        raise DataError(f"{name} has {image.width} × {image.height} pixels", hint=f"at least {MIN_SIDE_PX} are needed")


def _too_large(name: str) -> DataError:
    return DataError(
        f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels", hint="scale it down, 2 megapixels are plenty"
    )


def _decode(image: Image.Image) -> Picture:
    # A JPEG can be decoded at an eighth, a quarter or half of its size: less time and memory for the same result.
    image.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
    image.load()
    upright = ImageOps.exif_transpose(_to_rgb(image))
    if max(upright.size) > MAX_SIDE_PX:
        upright.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.array(upright, np.uint8)  # a copy: C-contiguous and writable


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB; keeps the EXIF data, which the conversion of some modes would lose."""
    if image.mode == "F":
        raise DataError("the picture has floating-point pixels", hint="save it as JPEG or PNG")
    if image.mode in _SIXTEEN_BIT:
        converted = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        converted = Image.new("RGBA", image.size, _BACKDROP)
        converted.alpha_composite(image.convert("RGBA"))
    else:
        converted = image
    rgb = converted.convert("RGB")
    rgb.info["exif"] = image.getexif().tobytes()
    return rgb
