"""The classifier's looks at the item in view: one frame at a time, so that a decision waits for one at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from edge.bin_events import Look
from edge.drivers.camera import Picture
from edge.vision.crops import Crop
from edge.vision.item_pictures import Region, square


class Scores(Protocol):
    """What a classifier says of one region: calibrated probabilities by class, and whether it knows such things."""

    @property
    def familiar(self) -> bool: ...

    def by_class(self) -> Mapping[str, float]: ...


class Classifier(Protocol):
    """A classifier of items; see edge.vision.classify."""

    def look(self, frame: Picture, region: Region) -> Scores: ...


class Looking:
    """Looks at the crops of one item at a time, and remembers what it saw of each."""

    def __init__(self, timed: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._timed = timed
        self._clock = clock
        self._seen: dict[Crop, tuple[Look, ...]] = {}

    def look(self, classifier: Classifier, crops: Sequence[Crop]) -> None:
        """Look at the best crop that was not looked at yet; forget those that others have replaced."""
        self._seen = {crop: looks for crop, looks in self._seen.items() if crop in crops}
        crop = next((one for one in crops if one not in self._seen), None)
        if crop is None:
            return
        begun_s = self._clock()
        looks = []
        for box in crop.boxes:
            scores = classifier.look(crop.picture, square(box, crop.picture))
            looks.append(Look(scores.by_class(), scores.familiar, min(1.0, crop.score / crops[0].score)))
        self._timed((self._clock() - begun_s) * 1e3)
        self._seen[crop] = tuple(looks)

    def of(self, crops: Sequence[Crop], parts: int) -> tuple[Look, ...]:
        """The looks at these crops, best first; where several parts lie apart, at the crops that show them apart."""
        seen = [crop for crop in crops if crop in self._seen]
        apart = [crop for crop in seen if len(crop.boxes) == parts] or seen
        return tuple(look for crop in apart for look in self._seen[crop])

    def forget(self) -> None:
        self._seen = {}
