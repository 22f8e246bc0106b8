"""From `[speaker]` to the voice: a loudspeaker, the phrases, how loud they are, and who says them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from edge.actions import Speak, Term
from edge.clock import Clock
from edge.config import Config, schema
from edge.drivers.speaker import Speaker
from edge.runtime.renewable import Renewable
from edge.schedules import parse_interval
from edge.voice.catalogue import CATEGORIES
from edge.voice.loudness import Loudness
from edge.voice.phrases import PhraseBook, load_book

if TYPE_CHECKING:
    from edge.runtime.faults import FaultDesk
    from edge.voice.worker import VoiceWorker


def make_speaker(config: Config) -> Speaker:
    """The configured loudspeaker, not opened yet."""
    settings = config.speaker
    if isinstance(settings, schema.AplaySpeaker):
        from edge.drivers.speaker.aplay import AplaySpeaker

        return AplaySpeaker(settings.card)
    if isinstance(settings, schema.SimulatedSpeaker):
        from edge.drivers.speaker.simulated import SimulatedSpeaker

        return SimulatedSpeaker(config.store.state_dir / "spoken")
    from edge.drivers.speaker.silent import SilentSpeaker

    return SilentSpeaker()


def make_book(config: Config) -> PhraseBook:
    """The phrases in the configured languages. Raises ConfigError for a site's own table that does not hold."""
    station = config.station
    neighbours = station.neighbours if station else {}
    return load_book(
        config.speaker.languages,
        config.speaker.phrases,
        roles=config.device.roles,
        categories=tuple(dict.fromkeys(one.category for one in config.bins.values())) or CATEGORIES,
        ways=config.fitted,
        names={name: one.name for name, one in neighbours.items()},
        ahead=[
            Speak("bin_full_other", values={"station": Term(name), "walk_m": round(one.walk_m)})
            for name, one in neighbours.items()
        ],
    )


def make_loudness(config: Config, clock: Clock) -> Loudness:
    """How loud the voice is at which hour."""
    speaker = config.speaker
    return Loudness(
        speaker.volume_percent,
        speaker.quiet_volume_percent,
        [parse_interval(text) for text in speaker.quiet],
        clock=clock,
        zone=ZoneInfo(config.device.timezone),
    )


def make_voice(config: Config, book: PhraseBook, clock: Clock, faults: FaultDesk) -> Renewable[VoiceWorker]:
    """Who says what the brain wants said."""
    from edge.voice.worker import VoiceWorker

    return Renewable(
        lambda _last: VoiceWorker(
            make_speaker(config),
            book,
            config.store.state_dir / "voice",
            on_fault=faults.fault,
            on_recovered=faults.recovered,
            rate_wpm=config.speaker.rate_wpm,
            loudness=make_loudness(config, clock),
        )
    )
