"""The rules of a waste station: what its configuration, the sorting table and what it remembers make of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from edge import resources
from edge.clock import boot_id
from edge.config import Config
from edge.config.station import Station
from edge.vision.classify import ROLE
from edge.vision.manifest import Manifest
from edge.waste.forecast import Forecast
from edge.waste.hours import DeliveryHours
from edge.waste.levels import LevelRules
from edge.waste.rules import Rules
from edge.waste.sorting import Rules as Sorting
from edge.waste.sorting import load_rules, vote


def station_rules(config: Config, settings: Station, manifest: Manifest, forecasts: Mapping[str, Forecast]) -> Rules:
    """`forecasts`: what is remembered of how each bin fills. Raises ConfigError for a table that does not hold."""
    sorting, point = _sorting(settings, manifest)
    timezone = config.device.timezone
    return Rules(
        settings,
        config.bins,
        {
            name: LevelRules(name, one, timezone, settings.holidays, forecasts.get(name, Forecast()))
            for name, one in config.bins.items()
        },
        DeliveryHours(settings, timezone),
        lambda looks, _parts: vote(looks, sorting, *point),
        # A boot may see several runs of the daemon, and each counts its drops from nothing.
        f"{boot_id()[:8]}{secrets.token_hex(2)}",
        identifies=config.camera is not None and config.door is None,
    )


def _sorting(settings: Station, manifest: Manifest) -> tuple[Sorting, tuple[float, float]]:
    """The sorting rules, and the operating point of the answers; without a camera nothing is ever asked."""
    file = settings.sorting or resources.sorting()
    if settings.camera is None:
        return load_rules(file), (1.0, 1.0)
    spec = manifest.default(ROLE).as_classifier()
    return load_rules(file, spec.classes), (spec.sure_from, spec.hazardous_from)
