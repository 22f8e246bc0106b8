"""`edge models …`: the networks of this device, their hashes, and the optional ones that an installer may add."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli.common import DEFAULT_CONFIG, State, Subparsers, add_common, emit, open_state
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.vision.manifest import Manifest

# Named here too, so that the help needs no other file.
OPTIONAL = ("mobilefacenet", "minifasnet-near", "minifasnet-wide")


def register(commands: Subparsers) -> None:
    """Add `models` and its subcommands."""
    models = commands.add_parser("models", help="the neural networks")
    kinds = models.add_subparsers(dest="models_command", required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser = kinds.add_parser(name, help=text, description=text)
        add_common(parser)
        parser.set_defaults(run=run)
        return parser

    add("list", "what there is, with role, licence and source", run_list)
    add("verify", "check every file's length, SHA-256 and shapes", run_verify)
    fetch = add("fetch", "fetch an optional network from upstream, convert, check and add it", run_fetch)
    local = add("add", "the same from a file that lies here", run_add)
    for parser in (fetch, local):
        parser.add_argument("name", choices=OPTIONAL)
        parser.add_argument("--accept-licence", action="store_true", help="you have read the licence and the remark")
    local.add_argument("file", type=Path, metavar="FILE", help="the network as upstream publishes it")
    use = add("use", "make a network the one that faces are compared with; people are to be enrolled again", run_use)
    use.add_argument("model", metavar="ID")


def _state(args: argparse.Namespace) -> State | None:
    """Without --config and --state on a machine that is no device: the shipped models alone."""
    if args.config is None and args.state is None and not DEFAULT_CONFIG.exists():
        return None
    return open_state(args)


def _manifest(state: State | None) -> Manifest:
    from edge import resources
    from edge.vision.manifest import load_manifest

    return load_manifest(*resources.manifests(state.dir if state else None))


def run_list(args: argparse.Namespace) -> int:
    state = _state(args)
    manifest = _manifest(state)
    # An added judge of life has its say without being asked for.
    used = {*manifest.defaults.values(), *(one.id for one in manifest.models.values() if one.role == "liveness")}
    if state and state.config and state.config.face.network:
        used = {*used - {manifest.defaults["face-embedder"]}, state.config.face.network}
    found = [
        {
            "id": entry.id,
            "role": entry.role,
            "in_use": entry.id in used,
            "licence": entry.licence,
            "source": entry.source,
            "variants": {name: variant.path.name for name, variant in entry.files.items()},
        }
        for entry in manifest.models.values()
    ]
    text = "\n".join(
        f"{'*' if one['in_use'] else ' '} {one['id']:<16} {one['role']:<20} {one['licence']:<12} {one['source']}"
        for one in found
    )
    emit(args, {"models": found}, text)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    from edge.drivers.inference.litert import LiteRtNetwork
    from edge.errors import DataError

    manifest, results = _manifest(_state(args)), []
    for entry in manifest.models.values():
        for name, variant in entry.files.items():
            wrong = ""
            try:
                LiteRtNetwork(variant)
            except DataError as error:
                wrong = str(error)
            results.append(
                {"id": entry.id, "variant": name, "file": variant.path.name, "right": not wrong, "wrong": wrong}
            )
    text = "\n".join(f"{'right' if one['right'] else 'WRONG'}  {one['file']}  {one['wrong']}" for one in results)
    emit(args, {"files": results}, text)
    return 0 if all(one["right"] for one in results) else DataError.exit_code


def run_fetch(args: argparse.Namespace) -> int:
    from edge.install import optional_models

    return _install(args, lambda folder: optional_models.download(optional_models.OPTIONAL[args.name], folder))


def run_add(args: argparse.Namespace) -> int:
    return _install(args, lambda _folder: Path(args.file))


def _install(args: argparse.Namespace, obtain: Callable[[Path], Path]) -> int:
    from edge.install import optional_models

    state, network = open_state(args), optional_models.OPTIONAL[args.name]
    notice = {
        "model": network.model,
        "address": network.url,
        "sha256": network.sha256,
        "licence": network.licence,
        "remark": network.remark,
    }
    text = "\n".join(f"{name:<8} {value}" for name, value in notice.items())
    if not args.accept_licence:
        emit(args, {**notice, "added": False}, f"{text}\n\nnothing was done; repeat with --accept-licence to go on")
        return 1
    folder = optional_models.add(network, obtain, state.dir)
    emit(args, {**notice, "added": True, "folder": str(folder)}, f"{text}\n\nadded: {folder}")
    return 0


def run_use(args: argparse.Namespace) -> int:
    from edge.install.optional_models import use

    state = open_state(args)
    if state.config is None:
        raise UsageError("the network in use stands in the configuration", hint="give it with --config FILE")
    entry = _manifest(state).model(args.model)
    entry.operating_points()  # a network that nobody has derived thresholds for opens no door
    config: Path = args.config or DEFAULT_CONFIG
    use(config, entry.id)
    text = f"{config}: [face] network = {entry.id}; restart the daemon.\n"
    text += "People enrolled with another network are refused until they are enrolled again: edge people list"
    emit(args, {"config": str(config), "network": entry.id}, text)
    return 0
