"""Where the files lie that come with edge: in the installed package, or in the checkout beside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
MANIFEST = "manifest.toml"
ADDED_MODELS = "models"  # below the state directory


def folder(name: str) -> Path:
    """The folder `models`, `config` or `systemd`: package data in a wheel, beside the package in a checkout."""
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def manifests(state_dir: Path | None = None) -> list[Path]:
    """The manifest of the shipped models, and that of those added to a device, if there are any."""
    added = state_dir / ADDED_MODELS / MANIFEST if state_dir else None
    return [folder("models") / MANIFEST, *([added] if added and added.exists() else [])]


def sorting() -> Path:
    """The shipped sorting rules: the four national categories."""
    return folder("config") / "sorting.toml"


def demo_items() -> Path:
    """The items of the station's demonstration; CREDITS.md beside them names their sources."""
    return _PACKAGE / "demo" / "items"


def demo_pictures() -> Path:
    """The pictures of the demonstration; CREDITS.md beside them names their sources."""
    return _PACKAGE / "demo" / "pictures"
