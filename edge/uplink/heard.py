"""What paho complains of."""

from __future__ import annotations

import logging


class LastWarning(logging.Handler):
    """Keeps the last thing paho warned of: the only place where it says why a socket failed."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()
