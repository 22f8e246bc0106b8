"""One order for a version: its bundle is fetched, verified, and handed to the process that may install it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge import __version__
from edge.config.update import Update
from edge.errors import ConfigError, DataError, EdgeError
from edge.update import handover
from edge.update.bundle import verifying
from edge.update.manifest import UnfitError
from edge.update.minisign import BadSignatureError, read_public_key


@dataclass(frozen=True, slots=True)
class Order:
    """`kid`: whose key signed it; `name`: of the bundle's file. `sha256`: empty where somebody at the device asks for a
    version, of whose bundle they cannot know it; the signature decides then.
    """

    id: str
    kid: str
    version: str
    sha256: str
    name: str


class OtherFileError(DataError):
    """A sound bundle, perhaps, but not the one that was ordered."""


def carrying_out(
    order: Order, settings: Update, state_dir: Path, opened: Callable[[str], Any] | None
) -> Generator[None, None, None]:
    """One piece at each step; at the end the bundle lies there for who installs it. Raises EdgeError where it is not
    one that this device should have.
    """
    from edge.update.fetching import fetching, open_address  # which brings an HTTP client with it

    target = state_dir / handover.FOLDER / handover.OFFERED
    assert settings.key_file is not None  # without one no order is taken
    key = read_public_key(settings.key_file)
    sha256 = yield from fetching(settings.source, order.name, target, opened or open_address)
    if order.sha256 and sha256 != order.sha256:
        raise OtherFileError(f"{order.name} has SHA-256 {sha256}", hint="order the one that is there")
    bundle = yield from verifying(target, key)
    if bundle.manifest.version != order.version:
        raise OtherFileError(f"{order.name} brings {bundle.manifest.version}", hint="order that version")
    if order.version == __version__:
        raise UnfitError(f"{order.version} runs already", hint="a release has a version of its own")
    bundle.manifest.check_fit(__version__, downgrade=False)
    handover.offer(state_dir, handover.Request(order.id, order.version, sha256))


def reason(error: EdgeError) -> str:
    """In one word. The order matters: the more special errors come first."""
    kinds: tuple[tuple[type[EdgeError], str], ...] = (
        (OtherFileError, "sha256"),
        (BadSignatureError, "signature"),
        (UnfitError, "unfit"),
        (ConfigError, "key"),
        (DataError, "damaged"),
    )
    return next((word for kind, word in kinds if isinstance(error, kind)), "source")
