"""What the manifest says of a network that judges from one picture whether a face lives."""

from __future__ import annotations

from dataclasses import dataclass

from edge.vision.toml_table import Table


@dataclass(frozen=True, slots=True)
class LivenessSpec:
    """`crop`: how much of the picture it sees, in parts of the face's box; `living`: which of its logits says that."""

    crop: float
    living: int


def read_liveness(table: Table) -> LivenessSpec:
    """One `[models.<id>.liveness]` table. Raises DataError."""
    crop, living = table.number("crop"), table.integer("living")
    if not 1.0 <= crop <= 10.0:
        raise table.refuse("crop", f"is {crop}", "a number from 1 to 10 belongs here")
    if living < 0:
        raise table.refuse("living", f"is {living}", "the number of a class, 0 for the first, belongs here")
    return LivenessSpec(crop, living)
