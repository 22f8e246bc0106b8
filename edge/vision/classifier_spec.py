"""What the manifest says of a classifier: its classes, how its logits become probabilities, and when to trust them."""

from __future__ import annotations

from dataclasses import dataclass

from edge.vision.toml_table import Table


@dataclass(frozen=True, slots=True)
class ClassifierSpec:
    """`classes`: in the order of the logits. `temperature`: logits are divided by it before softmax, so that a
    probability is the share of right answers (Guo et al. 2017). `familiar_energy`: what the network has learned has
    at most this energy (see `edge.vision.classify`). `sure_from`: the least probability of a category that is an
    answer. `hazardous_from`: from this probability of hazardous waste on no other category is.
    """

    classes: tuple[str, ...]
    temperature: float
    familiar_energy: float
    sure_from: float
    hazardous_from: float = 1.0


def read_classifier(table: Table) -> ClassifierSpec:
    """One `[models.<id>.classifier]` table. Raises DataError."""
    classes = table.texts("classes")
    if len(set(classes)) != len(classes) or len(classes) < 2:
        raise table.refuse("classes", f"is {list(classes)}", "two or more different names belong here")
    temperature = table.number("temperature")
    if not 0.05 <= temperature <= 20.0:
        raise table.refuse("temperature", f"is {temperature}", "a number between 0.05 and 20 belongs here")
    sure = table.number("sure_from")
    if not 0.0 < sure <= 1.0:
        raise table.refuse("sure_from", f"is {sure}", "a probability above 0, at most 1, belongs here")
    hazardous = table.number("hazardous_from") if table.has("hazardous_from") else 1.0
    if not 0.0 < hazardous <= 1.0:
        raise table.refuse("hazardous_from", f"is {hazardous}", "a probability above 0, at most 1, belongs here")
    return ClassifierSpec(classes, temperature, table.number("familiar_energy"), sure, hazardous)
