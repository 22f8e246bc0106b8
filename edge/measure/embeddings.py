"""Every picture of a set through the gate's own eyes, once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import DataError
from edge.vision.embed import Embedding
from edge.vision.faces import FaceFinder
from edge.vision.picture_file import load_picture


@dataclass(slots=True)
class Embedded:
    """`vectors`: path -> unit embedding of the picture's foremost face. `failures`: path -> why there is none."""

    vectors: dict[str, Embedding] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    ms_per_image: float = 0.0


def embed_all(finder: FaceFinder, folder: Path, paths: Iterable[str]) -> Embedded:
    """Poor pictures are embedded too: a picture counts as failed only when no face is found in it, or it cannot
    be read. `ms_per_image` is from the decoded picture to the embedding.
    """
    result = Embedded()
    wanted = sorted(set(paths))
    spent_s = 0.0
    shows = sys.stderr.isatty()
    for number, path in enumerate(wanted, start=1):
        try:
            picture = load_picture(folder / path)
            begun_s = time.perf_counter()
            faces = finder.find(picture)
            if faces:
                result.vectors[path] = finder.embed(faces[0])
            else:
                result.failures[path] = "no face"
            spent_s += time.perf_counter() - begun_s
        except DataError as error:
            result.failures[path] = error.message
        if shows and (number % 20 == 0 or number == len(wanted)):
            sys.stderr.write(f"\r{number}/{len(wanted)} pictures" + ("\n" if number == len(wanted) else ""))
            sys.stderr.flush()
    result.ms_per_image = round(1e3 * spent_s / max(1, len(wanted)), 2)
    return result
