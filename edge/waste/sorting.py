"""From what an item looks like to the bin it belongs in, or to the one question that settles it. Pure.

Which class of things belongs to which category is a city's rule and stands in a file of its own
(config/sorting.toml).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from edge.bin_events import Look
from edge.errors import ConfigError
from edge.waste.verdict import Kind, Verdict

Category = Literal["recyclable", "hazardous", "kitchen", "other"]

CATEGORIES: tuple[Category, ...] = get_args(Category)
_NOTHING, _UNKNOWN, _HAZARDOUS = "nothing", "unknown", "hazardous"
_GROUPS = (*CATEGORIES, _NOTHING, _UNKNOWN)
_FORMAT = 1
_MIXED_SHARE = 0.3  # of the weight of all looks that are sure, …
_MIXED_LOOKS = 2  # … and so many of them: less is one bad frame, half in view, and not a second thing


@dataclass(frozen=True, slots=True)
class Rules:
    """One city's rules. `group_of`: fine class -> category, "nothing" (an empty scene) or "unknown" (no waste at
    all).
    """

    name: str
    group_of: Mapping[str, str]

    def category(self, fine: str) -> Category | None:
        """The category of a fine class, None where it is not waste."""
        group = self.group_of.get(fine, _UNKNOWN)
        return next((c for c in CATEGORIES if c == group), None)


def load_rules(path: Path, classes: Iterable[str] = ()) -> Rules:
    """Reads a file of sorting rules. `classes`: those of the classifier, each of which must be in it.

    Raises ConfigError that names the file, the key and what belongs there.
    """
    document = _read(path)
    if document.get("format") != _FORMAT:
        raise _refused(path, "format", f"is {document.get('format')!r}", f"this version of edge reads format {_FORMAT}")
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise _refused(path, "name", f"is {name!r}", "a text that says whose rules these are belongs here")
    table = document.get("classes")
    if not isinstance(table, dict) or not table:
        raise _refused(
            path,
            "classes",
            "is missing or empty",
            'a table [classes] with lines like battery = "hazardous" belongs here',
        )
    for key in document:
        if key not in ("format", "name", "classes"):
            raise _refused(path, key, "is not known", "format, name and the table [classes] belong here")
    for fine, group in table.items():
        if group not in _GROUPS:
            raise _refused(path, f"classes.{fine}", f"is {group!r}", f"one of {', '.join(_GROUPS)} belongs here")
    missing = [fine for fine in classes if fine not in table]
    if missing:
        raise _refused(
            path, "classes", f"lacks {', '.join(missing)}", "the classifier knows these; give each a category"
        )
    return Rules(name, MappingProxyType(dict(table)))


def judge(
    shares: Mapping[str, float], familiar: bool, rules: Rules, sure_from: float, hazardous_from: float = 1.0
) -> Verdict:
    """What one look amounts to. `shares`: class -> probability; `sure_from`: the least probability of an answer.
    `hazardous_from`: from this probability of hazardous waste no other category is sure, since a question costs less
    than a battery in the wrong bin.
    """
    total = dict.fromkeys(_GROUPS, 0.0)
    for fine, share in shares.items():
        total[rules.group_of.get(fine, _UNKNOWN)] += share
    likeliest = max(total, key=lambda group: total[group])
    if likeliest == _NOTHING:
        return Verdict(Kind.NOTHING, probability=total[_NOTHING])
    if likeliest == _UNKNOWN or not familiar:
        return Verdict(Kind.UNKNOWN, probability=total[_UNKNOWN])
    first, second = sorted(CATEGORIES, key=lambda category: -total[category])[:2]
    if first != _HAZARDOUS and total[_HAZARDOUS] >= hazardous_from:
        return Verdict(Kind.UNSURE, probability=total[first], choices=(first, _HAZARDOUS))
    if total[first] < sure_from:
        return Verdict(Kind.UNSURE, probability=total[first], choices=(first, second))
    fine = max((f for f in shares if rules.category(f) == first), key=lambda f: shares[f])
    return Verdict(Kind.SURE, first, fine, total[first])


def vote(looks: Sequence[Look], rules: Rules, sure_from: float, hazardous_from: float = 1.0) -> Verdict:
    """One verdict of the best frames of one item, or of the parts of one picture.

    Empty looks do not count. Confident looks that disagree, two on each side and three tenths of their weight, are
    `mixed`; where unfamiliar ones outweigh the rest it is `unknown`; otherwise the weighted mean of the probabilities
    is judged.
    """
    judged = [(judge(look.probabilities, look.familiar, rules, sure_from, hazardous_from), look) for look in looks]
    seen = [(verdict, look) for verdict, look in judged if verdict.kind is not Kind.NOTHING]
    if not seen:
        return Verdict(Kind.NOTHING)
    both = _disagreement(seen)
    if both is not None:
        return Verdict(Kind.MIXED, choices=both)
    known = [look for verdict, look in seen if verdict.kind is not Kind.UNKNOWN]
    weight_known = sum(look.weight for look in known)
    if weight_known < sum(look.weight for _, look in seen) / 2:
        return Verdict(Kind.UNKNOWN)
    mean: dict[str, float] = {}
    for look in known:
        for fine, probability in look.probabilities.items():
            mean[fine] = mean.get(fine, 0.0) + probability * look.weight / weight_known
    return judge(mean, True, rules, sure_from, hazardous_from)


def _disagreement(seen: Sequence[tuple[Verdict, Look]]) -> tuple[str, str] | None:
    weight: dict[str, float] = dict.fromkeys(CATEGORIES, 0.0)
    count: dict[str, int] = dict.fromkeys(CATEGORIES, 0)
    for verdict, look in seen:
        if verdict.kind is Kind.SURE:
            weight[verdict.category] += look.weight
            count[verdict.category] += 1
    first, second = sorted(CATEGORIES, key=lambda category: -weight[category])[:2]
    enough = min(count[first], count[second]) >= _MIXED_LOOKS
    return (first, second) if enough and weight[second] >= _MIXED_SHARE * sum(weight.values()) else None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise ConfigError(
            f"{path} cannot be read: {failure.strerror or failure}", hint="check the path of the sorting rules"
        ) from failure
    except UnicodeDecodeError as failure:
        raise ConfigError(f"{path} is not UTF-8 text: {failure.reason}", hint="restore the file") from failure
    except tomllib.TOMLDecodeError as failure:
        raise ConfigError(f"{path} is not TOML: {failure}", hint="correct the line that is named") from failure


def _refused(path: Path, key: str, problem: str, hint: str) -> ConfigError:
    return ConfigError(f"{path}: {key} {problem}", hint=hint)
