"""`edge update …`: install a signed version, look, go back, go on after a power cut."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.common import DEFAULT_CONFIG, Subparsers, add_common, emit, name_state

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from edge.update.applying import Site
    from edge.update.journal import Outcome
    from edge.update.layout import Layout
    from edge.update.transaction import Tools
    from edge.update.watching import Watch


def register(commands: Subparsers) -> None:
    """Add `update` and its subcommands."""
    update = commands.add_parser("update", help="the installed version, and another one in its place")
    kinds = update.add_subparsers(dest="update_command", required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser = kinds.add_parser(name, help=text, description=text)
        parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
        parser.add_argument("--folder", type=Path, metavar="DIR", help="of the versions, instead of [update] folder")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.set_defaults(run=run)
        return parser

    apply = add("apply", "install the version in a bundle, and keep it if it proves itself", run_apply)
    apply.add_argument(
        "bundle", metavar="FILE|URL", help="what scripts/make-bundle has made; a URL begins with https://"
    )
    apply.add_argument("--key", type=Path, metavar="FILE", help="the public key, instead of [update] key_file")
    apply.add_argument("--downgrade", action="store_true", help="take an older version; its bundle must allow it")
    apply.add_argument("--no-wait", action="store_true", help="return after the switch; another process watches")
    add("status", "which versions there are, and how far an update is", run_status)
    add("rollback", "put the version before in its place again", run_rollback)
    resume = add(
        "resume", "go on with what a power cut or a kill has left, and take what the daemon asks for", run_resume
    )
    resume.add_argument("--watch", action="store_true", help="until no update is under way")
    units = add("units", "put the files for systemd in their place, as the versions that run bring them", run_units)
    units.add_argument("--root", type=Path, default=Path("/"), help="another root, for an image or a rehearsal")
    add("adopt", "begin with the version that is installed by other means and runs this command", run_adopt)
    text = "whether this version can use the databases of the device"
    readable = kinds.add_parser("readable", help=text, description=text)
    add_common(readable)
    readable.set_defaults(run=run_readable)


def run_apply(args: argparse.Namespace) -> int:
    """Exit code 0 when the new version is kept (or, with --no-wait, on probation), 1 when it was taken back."""
    from edge.update.applying import begin, fetched_name

    layout, site, tools = _open(args, args.key)
    with tempfile.TemporaryDirectory(prefix="edge-update-") as scratch:
        source = Path(args.bundle)
        if "://" in args.bundle:
            from edge.update.fetching import fetching

            address, name = fetched_name(args.bundle)
            source = Path(scratch) / name
            for _ in fetching(address, name, source):
                pass
        journal = begin(layout, tools, source, site, downgrade=args.downgrade)
    if args.no_wait:
        result = {"result": journal.step, "version": journal.version, "before": journal.before_version}
        emit(args, result, f"{journal.version} is on probation; {journal.before_version} comes back if it fails")
        return 0
    if not args.json:
        sys.stderr.write(
            f"{journal.version} runs, on probation. Leave this with Ctrl-C if edge-update.path is enabled\n"
        )
    return _ended(args, layout, _watch(layout, tools).until_over())


def run_status(args: argparse.Namespace) -> int:
    """Exit code 1 where no version is in its place."""
    from dataclasses import asdict

    from edge.update.journal import JournalFile, read_outcome
    from edge.update.layout import CURRENT, PREVIOUS, TRUSTED
    from edge.update.units import left_in_place

    layout = _layout(args)
    journal, last = JournalFile(layout.work).read(), read_outcome(layout.work)
    links = {link: folder.name if (folder := layout.folder(link)) else "" for link in (CURRENT, TRUSTED, PREVIOUS)}
    under_way = journal and {"step": journal.step, "version": journal.version, "before": journal.before_version}
    left = left_in_place(layout)
    result: dict[str, Any] = {
        **links,
        "versions": layout.installed(),
        "units_left": left,
        "under_way": under_way,
        "last": last and asdict(last),
    }
    lines = [f"{link}: {name or 'none'}" for link, name in links.items()]
    if journal:
        lines.append(f"under way: {journal.before_version} to {journal.version or 'another version'}, {journal.step}")
    if left:
        lines.append(f"not as these versions bring them, for systemd: {', '.join(left)}")
    if last:
        lines.append(f"last: {last.before} to {last.version}, {last.result} at {last.time} {last.reason}".rstrip())
    emit(args, result, "\n".join(lines))
    return 0 if links[CURRENT] else 1


def run_rollback(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from edge.update.applying import go_back

    layout, site, tools = _open(args)
    outcome = go_back(layout, tools, site)
    emit(args, asdict(outcome), f"{outcome.before} runs again: {outcome.reason}")
    return 0


def run_resume(args: argparse.Namespace) -> int:
    """Exit code 1 when an update ended now and was taken back."""
    from edge.update.applying import take_request
    from edge.update.layout import UpdateBusyError

    layout, tools = _layout(args), _tools(args)
    watch = _watch(layout, tools)
    if args.watch:
        outcome = watch.until_over()
    else:
        _, outcome = watch.look()
    if outcome is None:
        try:
            journal = take_request(layout, tools, _site(args))
        except UpdateBusyError:
            journal = None  # whoever is at work sees to it
        if journal is not None and args.watch:
            outcome = watch.until_over()
    return _ended(args, layout, outcome)


def run_adopt(args: argparse.Namespace) -> int:
    from edge.update.layout import CURRENT

    layout = _layout(args)
    with layout.alone():
        layout.adopt(Path(sys.prefix))
    current = layout.folder(CURRENT)
    emit(args, {"current": str(current)}, f"{layout.root / CURRENT}: {current}")
    return 0


def run_units(args: argparse.Namespace) -> int:
    """Exit code 1 where the root is only read, or a file that is somebody else's stays; an update goes on then."""
    from edge.update.placing import differing
    from edge.update.systemctl import Systemctl
    from edge.update.units import carry_out

    files = carry_out(_layout(args), args.root, Systemctl(args.root))
    left = differing(args.root, files)
    emit(
        args, {"units": len(files), "left": left}, f"left as they are: {', '.join(left)}" if left else "in their place"
    )
    return 1 if left else 0


def run_readable(args: argparse.Namespace) -> int:
    """Exit code 1 where one of them was changed by a newer version in a way that this one does not understand."""
    from edge.update.databases import foreign_files

    foreign = foreign_files(name_state(args).dir)
    emit(args, {"readable": not foreign, "foreign": foreign}, "yes" if not foreign else f"no: {', '.join(foreign)}")
    return 1 if foreign else 0


def _ended(args: argparse.Namespace, layout: Layout, outcome: Outcome | None) -> int:
    """What came of it; where it ended by another process, what that wrote down."""
    from dataclasses import asdict

    from edge.update.journal import JournalFile, read_outcome

    if outcome is None and args.update_command == "apply":
        outcome = read_outcome(layout.work)
    if outcome is None:
        journal = JournalFile(layout.work).read()
        step = journal.step if journal else ""
        emit(args, {"result": step}, f"under way: {step}" if step else "nothing is under way")
        return 0
    kept = outcome.result == "kept"
    text = f"{outcome.version} is kept" if kept else f"{outcome.before} runs; {outcome.version} is not kept"
    emit(args, asdict(outcome), f"{text}: {outcome.reason}" if outcome.reason else text)
    return 0 if kept else 1


def _layout(args: argparse.Namespace) -> Layout:
    """Goes without a configuration where it cannot be read: the way back must not depend on it."""
    from edge.config import load_config
    from edge.errors import ConfigError
    from edge.update.layout import DEFAULT_ROOT, Layout

    if args.folder is not None:
        return Layout(args.folder.absolute())
    try:
        return Layout(load_config(args.config).update.folder)
    except ConfigError:
        return Layout(DEFAULT_ROOT)


def _site(args: argparse.Namespace) -> Site:
    from edge.config import load_config
    from edge.update.applying import Site

    store = load_config(args.config).store
    return Site(args.config, store.state_dir, store.runtime_dir)


def _open(args: argparse.Namespace, key: Path | None = None) -> tuple[Layout, Site, Tools]:
    return _layout(args), _site(args), _tools(args, key)


def _tools(args: argparse.Namespace, key: Path | None = None) -> Tools:
    from edge.clock import SystemClock
    from edge.update.service import find_service
    from edge.update.transaction import Tools
    from edge.update.units import find_units
    from edge.update.watching import baseline_now

    units = find_units(_layout(args))
    return Tools(lambda: _key(args, key), find_service(), baseline_now, SystemClock(), units=units)


def _key(args: argparse.Namespace, key: Path | None) -> Ed25519PublicKey:
    from edge.config import load_config
    from edge.errors import UsageError
    from edge.update.minisign import read_public_key

    file = key or load_config(args.config).update.key_file
    if file is None:
        raise UsageError("whose bundles are to be taken?", hint="give --key FILE, or [update] key_file")
    return read_public_key(file)


def _watch(layout: Layout, tools: Tools) -> Watch:
    from edge.clock import boot_id
    from edge.update.watching import Watch

    return Watch(layout, tools, boot_id())
