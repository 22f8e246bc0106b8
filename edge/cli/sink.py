"""`edge sink …`: the reference consumer at the centre, what it is missing, and whether the chains hold."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli.broker_options import add_broker_options, broker_of
from edge.cli.common import Subparsers, emit
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.sink.gaps import ChainReport

DEFAULT_DATABASE = "/var/lib/edge-sink/events.db"


def register(commands: Subparsers) -> None:
    """Add `sink` with its subcommands."""
    sink = commands.add_parser("sink", help="the reference consumer at the centre")
    kinds = sink.add_subparsers(dest="sink_command", required=True, metavar="COMMAND")

    def add(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser = kinds.add_parser(name, help=text, description=text)
        what = f"a file, or postgresql://… ({DEFAULT_DATABASE})"
        parser.add_argument("--database", default=DEFAULT_DATABASE, metavar="FILE|URL", help=what)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.set_defaults(run=run)
        return parser

    run = add("run", "receive and store every event, until a signal", run_sink)
    add_broker_options(run, "where the devices' events come in", required=True)
    run.add_argument("--group", default="sink", metavar="NAME", help="sinks of one group share the work (sink)")
    run.add_argument("--client-id", metavar="NAME", help="the same at every start (edge-sink-GROUP-HOSTNAME)")
    run.add_argument("--key", type=Path, metavar="FILE", help="private key (Ed25519, PEM) that signs watermarks")
    run.add_argument("--log", choices=["debug", "info", "warning", "error"], default="info", help="(info)")
    gaps = add("gaps", "what is missing, of every device", run_gaps)
    verify = add("verify", "whether anything stored is missing or altered", run_verify)
    for parser in (gaps, verify):
        parser.add_argument("--device", default="", metavar="SITE/DEVICE", help="this one alone")
    verify.add_argument("--device-key", type=Path, metavar="FILE", help="its public key (Ed25519, PEM), with --device")


def run_sink(args: argparse.Namespace) -> int:
    from edge.runtime.logs import set_up
    from edge.runtime.systemd import notify
    from edge.sink.keys import read_signing_key
    from edge.sink.storage import open_storage
    from edge.sink.worker import SinkWorker

    set_up(args.log)
    key = None if args.key is None else read_signing_key(args.key)
    client_id = args.client_id or f"edge-sink-{args.group}-{socket.gethostname()}"
    database = args.database
    worker = SinkWorker(
        broker_of(args, window=1000), client_id, args.group, lambda: open_storage(database, writing=True), key
    )
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    began = time.monotonic()
    told = False
    try:
        worker.start()
        while not stopping:
            worker.step()
            if worker.working and not told:
                told = True
                notify("READY=1")
    finally:
        worker.stop()
    counters = worker.counters.as_json()
    text = ", ".join(f"{name} {count}" for name, count in counters.items())
    emit(args, {**counters, "seconds": round(time.monotonic() - began, 3)}, text)
    return 0


def run_gaps(args: argparse.Namespace) -> int:
    from edge.sink.gaps import changed_keys, report
    from edge.sink.storage import open_storage

    source = _source(args)
    storage = open_storage(args.database, writing=False)
    try:
        chains = report(storage, source)
        changed = {chain.source: count for chain in chains if (count := changed_keys(storage, chain.source))}
        refused = storage.refused()
    finally:
        storage.close()
    missing = sum(chain.count_missing for chain in chains)
    conflicts = sum(chain.conflicts for chain in chains)
    lines = [_line(chain) for chain in chains] or ["no device has been heard of"]
    lines += [f"{source}: its key has changed {count} times" for source, count in changed.items()]
    if refused:
        lines.append(f"{refused} messages or events were refused: see the table `refused`")
    found = {"missing": missing, "conflicts": conflicts, "refused": refused, "changed_keys": changed}
    emit(args, {"chains": [chain.as_json() for chain in chains], **found}, "\n".join(lines))
    return 1 if missing or conflicts or changed else 0


def _line(chain: ChainReport) -> str:
    def shown(spans: tuple[tuple[int, int], ...]) -> str:
        few = [str(first) if first == last else f"{first}–{last}" for first, last in spans[:10]]
        return ", ".join(few) + (" …" if len(spans) > 10 else "")

    parts = [f"{chain.source} {chain.epoch}: through {chain.through} of {chain.highest}, last seen {chain.last_seen}"]
    if chain.count_missing:
        parts.append(f"{chain.count_missing} missing ({shown(chain.missing)})")
    if chain.evicted:
        parts.append(f"lost by the device itself: {shown(chain.evicted)}")
    if chain.conflicts:
        parts.append(f"{chain.conflicts} CAME IN ANOTHER FORM THAN IS STORED")
    return "; ".join(parts)


def _source(args: argparse.Namespace) -> str:
    if args.device and args.device.strip("/").count("/") != 1:
        raise UsageError(f"{args.device!r} is no device", hint="write it like riverside/gate-north")
    return "/" + args.device.strip("/") if args.device else ""


def run_verify(args: argparse.Namespace) -> int:
    from edge.sink.storage import open_storage
    from edge.sink.verify import verify
    from edge.store.identity import read_signer

    if args.device_key is not None and not args.device:
        raise UsageError("whose key is it?", hint="name the device: --device SITE/DEVICE")
    source, signer = _source(args), None if args.device_key is None else read_signer(args.device_key)
    storage = open_storage(args.database, writing=False)
    try:
        results = verify(storage, source, signer)
    finally:
        storage.close()
    holds = all(result.holds for result in results)
    text = "\n".join(line for result in results for line in result.lines()) or "no device has been heard of"
    emit(args, {"devices": [result.as_json() for result in results], "holds": holds}, text)
    sys.stdout.flush()
    return 0 if holds else 1
