"""What the schema of the configuration cannot tell: whether the files it names, and the sums of its figures, hold."""

from __future__ import annotations

import difflib

from edge import resources
from edge.config import Config
from edge.config.credentials import OsdpReaderConfig
from edge.errors import ConfigError
from edge.parts.broker import make_broker
from edge.parts.station import make_scene
from edge.parts.voice import make_book
from edge.store.identity import read_recipient, read_signer
from edge.uplink.settings import password, tls_context
from edge.vision.manifest import load_manifest
from edge.vision.recognition import Recognition


def check_office(config: Config) -> None:
    """Look at what the schema cannot: the key files, and whether events of the types in [pictures] exist. Raises
    ConfigError for the first that does not hold.
    """
    from edge.contract.catalogue import CATALOGUE

    for name in config.pictures.of:
        if name not in CATALOGUE:
            close = difflib.get_close_matches(name, CATALOGUE, n=1)
            hint = f"did you mean {close[0]}?" if close else "docs/events.md lists them"
            raise ConfigError(f"[pictures] of: there is no event {name!r}", hint=hint)
    for file in (*config.office.keys.values(), *filter(None, [config.uplink.sink_key_file])):
        read_signer(file)
    for recipient in (config.office.sealing_key_file, config.office.supervision_key_file):
        if recipient is not None:
            read_recipient(recipient)


def check_station(config: Config) -> None:
    """Look at what the schema cannot: the sorting rules, the bins' measures, the clean picture. Raises EdgeError."""
    if config.station is None:
        return
    from edge.waste.levels import LevelRules
    from edge.waste.sorting import load_rules

    load_rules(config.station.sorting or resources.sorting())
    for name, one in config.bins.items():
        LevelRules(name, one, config.device.timezone, config.station.holidays)
    make_scene(config.station, config.bins)


def check_credentials(config: Config) -> None:
    """Look at what the schema cannot: the card readers' keys. Raises HardwareError, DataError."""
    for reader in config.readers.values():
        if isinstance(reader, OsdpReaderConfig):
            from edge.drivers.card.osdp_key import read_key

            read_key(reader.key_file)


def check_start(config: Config) -> None:
    """Look at all that a start would end at, or never come to the broker with. Raises EdgeError."""
    make_book(config)
    Recognition(load_manifest(*resources.manifests(config.store.state_dir)), config.face)
    check_office(config)
    check_station(config)
    broker = make_broker(config.uplink)
    password(broker)
    if broker.tls:
        tls_context(broker)
