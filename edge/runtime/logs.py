"""Logging: one line per transition on standard error, where systemd's journal picks it up."""

from __future__ import annotations

import logging
import os


def set_up(level: str) -> None:
    """`level`: debug, info, warning or error. Below systemd the journal adds the time itself."""
    stamp = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(level=level.upper(), format=f"{stamp}%(levelname)s %(name)s: %(message)s", force=True)
    # Libraries that tell their own stories at debug and info.
    for chatty in ("PIL", "gpiozero", "asyncio", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
