"""The command line: which commands there are, and what happens when one of them meets an error."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from edge import __version__
from edge.errors import EdgeError
from edge.runtime.memory import lean

EXIT_INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """Every command. The modules here import nothing heavy, so that `edge --help` is instant."""
    from edge.cli import (
        backup,
        bench,
        care,
        command,
        config,
        daemon,
        demo,
        doctor,
        evaluate,
        events,
        items,
        keys,
        level,
        models,
        parts,
        passes,
        people,
        pictures,
        provision,
        rosters,
        sink,
        station,
        update,
        web,
    )

    parser = argparse.ArgumentParser(
        prog="edge",
        description="The runtime of gates and waste stations: faces, items, levels in; doors, lids, events out.",
    )
    parser.add_argument("--version", action="version", version=f"edge {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo.register(commands)
    daemon.register(commands)
    doctor.register(commands)
    people.register(commands, parts.PEOPLE)
    events.register(commands)
    sink.register(commands)
    models.register(commands)
    evaluate.register(commands)
    bench.register(commands)
    level.register(commands)
    command.register(commands)
    keys.register(commands)
    passes.register(commands)
    pictures.register(commands)
    items.register(commands)
    station.register(commands)
    config.register(commands)
    rosters.register(commands)
    provision.register(commands)
    update.register(commands)
    backup.register(commands)
    care.register(commands)
    web.register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code of docs/commands.md."""
    args = build_parser().parse_args(argv)
    lean()  # before the command imports numpy
    try:
        code: int = args.run(args)
        return code
    except EdgeError as error:
        if getattr(args, "json", False):
            sys.stdout.write(json.dumps({"error": error.message, "hint": error.hint}, ensure_ascii=False) + "\n")
        sys.stderr.write(f"edge: {error.message}\n" + (f"      {error.hint}\n" if error.hint else ""))
        return error.exit_code
    except BrokenPipeError:  # the reader of a pipe has gone: nobody is left to be told
        return 0
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
