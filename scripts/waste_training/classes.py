"""The fine classes, in the order of the network's outputs."""

from __future__ import annotations

CLASSES = (
    "background",
    "battery",
    "cardboard",
    "carton",
    "chemical",
    "food",
    "glass",
    "lamp",
    "medicine",
    "metal",
    "paper",
    "plastic",
    "textile",
    "trash",
    "unknown",
    "vegetation",
)
"""`unknown` is what the station should not answer: hands, faces, scenes, things that are no waste."""

CATEGORY = {
    "battery": "hazardous",
    "chemical": "hazardous",
    "lamp": "hazardous",
    "medicine": "hazardous",
    "cardboard": "recyclable",
    "carton": "recyclable",
    "glass": "recyclable",
    "metal": "recyclable",
    "paper": "recyclable",
    "plastic": "recyclable",
    "textile": "recyclable",
    "food": "kitchen",
    "vegetation": "kitchen",
    "trash": "other",
}
