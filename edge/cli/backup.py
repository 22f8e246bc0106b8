"""`edge backup …`: a device in one encrypted file, and a new one from it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from edge.backup.making import Source
    from edge.backup.reading import Read
    from edge.backup.sealed import Lock, Opener
    from edge.config import Config

STATE = Path("/var/lib/edge")
_DUTY = "backup"
_MOST_PASSPHRASE = 1024


def register(commands: Subparsers) -> None:
    """Add `backup` and its subcommands."""
    backup = commands.add_parser("backup", help="the whole device in one encrypted file, and a new one from it")
    kinds = backup.add_subparsers(dest="backup_command", required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser = kinds.add_parser(name, help=text, description=text)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.set_defaults(run=run)
        return parser

    make = add("make", "a backup, while the daemon goes on", run_make)
    make.add_argument("target", type=Path, metavar="FILE|DIR", help="a new file, or the folder for one")
    _configured(make)
    _locks(make)
    _configured(add("scheduled", "what [backup] asks for; for edge-backup.timer", run_scheduled))
    verify = add("verify", "whether a backup is whole, and what it is of; nothing is written", run_verify)
    restore = add("restore", "put a backup in the place of what is on this device", run_restore)
    for parser in (verify, restore):
        parser.add_argument("file", type=Path, metavar="FILE")
        _openers(parser)
        parser.add_argument(
            "--signer", type=Path, metavar="FILE", help="the device's public key, which must have made it"
        )
    finish = add("finish", "go on with a restore that the power was taken from", run_finish)
    for parser in (restore, finish):
        parser.add_argument("--state", type=Path, default=STATE, metavar="DIR", help=f"({STATE})")
        parser.add_argument("--etc", type=Path, default=DEFAULT_CONFIG.parent, metavar="DIR", help="(/etc/edge)")
    reseal = add("reseal", "the same backup for somebody else to open", run_reseal)
    reseal.add_argument("file", type=Path, metavar="FILE")
    reseal.add_argument("target", type=Path, metavar="NEW", help="a new file")
    _openers(reseal)
    reseal.add_argument(
        "--for", dest="recipient", action="append", type=Path, default=[], metavar="FILE", help="a public key"
    )
    reseal.add_argument("--new-passphrase-file", type=Path, metavar="FILE", help="its first line opens the new one")


def run_make(args: argparse.Namespace) -> int:
    from edge.backup.making import make
    from edge.clock import SystemClock
    from edge.config import load_config
    from edge.errors import UsageError

    config = load_config(args.config)
    locks = _new_locks(args.recipient, args.passphrase_file)
    if not locks and config.backup.key_file is not None:
        locks = _new_locks([config.backup.key_file], None)
    if not locks:
        raise UsageError("who is to open the backup?", hint="give --for FILE, --passphrase-file, or [backup] key_file")
    made = make(_source(args, config), args.target, locks, SystemClock()())
    emit(args, _made(made), f"{made.file}: {made.size / 1e6:.1f} MB, up to event {made.about.seq}")
    return 0


def run_scheduled(args: argparse.Namespace) -> int:
    """Exit code 0 where none is asked for. How it ended is noted for the daemon, which tells the office."""
    from edge.backup.making import make, prune
    from edge.clock import SystemClock
    from edge.config import load_config
    from edge.errors import EdgeError
    from edge.runtime.duties import FOLDER, leave_note

    config = load_config(args.config)
    asked, notes = config.backup, config.store.state_dir / FOLDER
    if asked.key_file is None:
        emit(args, {"made": None}, "no backup is asked for: there is no key_file in [backup]")
        return 0
    source, now = _source(args, config), SystemClock()()
    try:
        made = make(source, asked.folder, _new_locks([asked.key_file], None), now)
        gone = prune(asked.folder, source, asked.keep, made.file)
    except EdgeError as error:
        leave_note(notes, _DUTY, good=False, detail=str(error))
        raise
    leave_note(notes, _DUTY, good=True, detail=made.file.name)
    text = f"{made.file}: {made.size / 1e6:.1f} MB; {len(gone)} old ones removed"
    emit(args, _made(made) | {"removed": [file.name for file in gone]}, text)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    from edge.backup.reading import read

    found = read(args.file, _opener(args), _signer(args))
    emit(args, _read(found), "\n".join(f"{name}: {value}" for name, value in _read(found).items()))
    return 0


def run_restore(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from edge.backup.restoring import restore
    from edge.clock import SystemClock

    done = restore(args.file, _opener(args), args.state, args.etc, SystemClock()(), _signer(args))
    about = done.about
    result = {**asdict(about), "files": done.files, "new_epoch": done.epoch, "forgotten": done.forgotten}
    lines = [
        f"{about.site}/{about.device} as it was at {about.made}, up to event {about.seq}",
        f"its events go on in the epoch {done.epoch}; orders that were signed before now are refused",
        *([f"{done.forgotten} people who were erased or revoked since are gone again"] if done.forgotten else []),
        *([f"what was here before lies in {done.aside}"] if done.aside else []),
        "whoever was erased or revoked elsewhere since must be again. Then start it: systemctl start edge",
    ]
    emit(args, {**result, "aside": str(done.aside or "")}, "\n".join(lines))
    return 0


def run_finish(args: argparse.Namespace) -> int:
    from edge.backup.restoring import finish

    aside = finish(args.state, args.etc)
    emit(args, {"aside": str(aside or "")}, f"restored; what was here before lies in {aside}" if aside else "restored")
    return 0


def run_reseal(args: argparse.Namespace) -> int:
    from edge.backup.resealing import reseal_file
    from edge.errors import UsageError

    locks = _new_locks(args.recipient, args.new_passphrase_file)
    if not locks:
        raise UsageError("who is to open the new one?", hint="give --for FILE or --new-passphrase-file FILE")
    reseal_file(args.file, args.target, _opener(args), locks)
    emit(args, {"file": str(args.target)}, f"{args.target}: for those who were named, and nobody else")
    return 0


def _configured(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")


def _locks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for",
        dest="recipient",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="a public key that opens it",
    )
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line opens it")


def _openers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", type=Path, metavar="FILE", help="the private key that it was made for")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase")


def _new_locks(recipients: list[Path], passphrase_file: Path | None) -> list[Lock]:
    from edge.backup.sealed import KeyLock, PassphraseLock
    from edge.store.identity import read_recipient

    locks: list[Lock] = [KeyLock(read_recipient(file)) for file in recipients]
    return locks + ([PassphraseLock(_passphrase(passphrase_file))] if passphrase_file else [])


def _opener(args: argparse.Namespace) -> Opener:
    from edge.backup.sealed import KeyOpener, PassphraseLock
    from edge.errors import UsageError
    from edge.store.identity import read_opener

    if (args.key is None) == (args.passphrase_file is None):
        raise UsageError("what opens the backup?", hint="give --key FILE or --passphrase-file FILE")
    return KeyOpener(read_opener(args.key)) if args.key else PassphraseLock(_passphrase(args.passphrase_file))


def _passphrase(file: Path) -> str:
    from edge.errors import ConfigError

    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_PASSPHRASE).split(b"\n")[0].decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: no passphrase can be read: {error}", hint="a file with one line of text") from error


def _signer(args: argparse.Namespace) -> Ed25519PublicKey | None:
    from edge.store.identity import read_signer

    return read_signer(args.signer) if args.signer else None


def _source(args: argparse.Namespace, config: Config) -> Source:
    from edge.backup.making import Source

    shown = os.environ.get("CREDENTIALS_DIRECTORY")
    device = config.device
    etc = args.config.absolute().parent
    return Source(config.store.state_dir, etc, device.site, device.id, Path(shown) if shown else None)


def _made(made: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {"file": str(made.file), "bytes": made.size, "sha256": made.sha256, **asdict(made.about)}


def _read(found: Read) -> dict[str, Any]:
    from dataclasses import asdict

    from edge.store.identity import raw

    return {**asdict(found.about), "files": found.files, "size": found.size, "signer": raw(found.signer).hex()}
