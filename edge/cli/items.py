"""`edge items export`: pictures of what was thrown in, with what was judged and what was corrected."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.cli.common import Subparsers, add_common, emit, open_state


def register(commands: Subparsers) -> None:
    """Add `items` with its subcommand."""
    items = commands.add_parser("items", help="pictures of what was thrown in")
    kinds = items.add_subparsers(dest="items_command", required=True, metavar="COMMAND")
    text = "write corrected drops as DIR/<category>/*.jpg and DIR/labels.csv, for a training"
    export = kinds.add_parser("export", help=text, description=text)
    add_common(export)
    export.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    export.add_argument("--all", action="store_true", help="also what nobody has corrected, as it was judged")
    export.set_defaults(run=run_export)


def run_export(args: argparse.Namespace) -> int:
    """Exit code 1 when there is nothing to be written."""
    from edge.config.station import Station
    from edge.store.history import History
    from edge.store.item_export import examples, export
    from edge.store.items import ItemStore
    from edge.store.keys import load_device_key
    from edge.store.reader import EventReader
    from edge.store.schema import EVENTS_NAME

    state = open_state(args)
    reader = EventReader(state.dir / EVENTS_NAME)
    try:
        found = [one for one in examples(History(reader).export()).values() if one.category]
    finally:
        reader.close()
    wanted = [one for one in found if args.all or one.corrected]
    station = (state.config.station if state.config else None) or Station()
    counts = export(ItemStore(state.dir, load_device_key(state.dir), station.keep_items_days), wanted, args.out)
    corrected = sum(one.corrected for one in found)
    result = {**counts, "judged": len(found), "corrected": corrected, "folder": str(args.out)}
    emit(args, result, f"{args.out}: {counts['pictures']} pictures of {counts['drops']} drops")
    return 0 if counts["pictures"] else 1
