"""`edge web`: the device's own page, in a process of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit


def register(commands: Subparsers) -> None:
    """Add the command."""
    text = "the device's own page, for installer and office"
    parser = commands.add_parser("web", help=text, description=text)
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
    parser.add_argument("--host", default="", metavar="ADDRESS", help="listen there alone (all addresses)")
    parser.add_argument("--port", type=int, default=8443, metavar="N", help="(8443; 0: any free one)")
    parser.add_argument("--new-code", action="store_true", help="make and print a pairing code in place of the label's")
    parser.add_argument("--fingerprint", action="store_true", help="print the fingerprint of the page's certificate")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--log", choices=["debug", "info", "warning", "error"], default="info", help="(info)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from edge.runtime.signals import leave_at_once

    leave_at_once()
    from edge.config import load_config
    from edge.web import certificate
    from edge.web.house import FOLDER

    config = load_config(args.config)
    if args.new_code:
        from edge.web.pairing import new_label_code

        code = new_label_code(config.store.state_dir)
        emit(args, {"code": code}, code)
        return 0
    folder = config.store.state_dir / FOLDER
    own, key = certificate.ensure(folder, config.device.id)
    if args.fingerprint:
        found = certificate.fingerprint(own)
        emit(args, {"sha256": found}, found)
        return 0
    from edge.clock import SystemClock, boot_id
    from edge.install.doctor.acceptance import finish
    from edge.runtime.logs import set_up
    from edge.runtime.systemd import notify
    from edge.update.layout import CURRENT, Layout
    from edge.web.entrance import entrance
    from edge.web.house import make_house
    from edge.web.routes import ROUTES
    from edge.web.server import serve
    from edge.web.site import Site

    set_up(args.log)
    finish(config.store.state_dir)
    house = make_house(args.config, config, own, SystemClock(), boot_id())
    socket = entrance(args.host, args.port)
    layout = Layout(config.update.folder)

    def ready() -> None:
        emit(args, {"port": socket.getsockname()[1]}, f"listening on port {socket.getsockname()[1]}")
        notify("READY=1")

    serve(Site(house, ROUTES), own, key, socket, ready, version=lambda: layout.folder(CURRENT))
    return 0
