"""Errors that a person can act on.

Every error carries a hint (what to do) and the exit code of the command that meets it. Each subclass also
inherits the builtin it is, so that code which knows nothing of `edge` may catch `OSError` or `ValueError`.
"""

from __future__ import annotations


class EdgeError(Exception):
    """Something went wrong that the user can be told about; `hint` says what to do."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(EdgeError, ValueError):
    """The command was called in a way that makes no sense."""

    exit_code = 2


class ConfigError(EdgeError, ValueError):
    """The configuration does not hold; all its problems are in one message."""

    exit_code = 2


class HardwareError(EdgeError, OSError):
    """A device, a service or a library that this machine should have is missing or does not answer."""

    exit_code = 3


class DataError(EdgeError, ValueError):
    """Data (a picture, a model, a database, a message) is refused or damaged."""

    exit_code = 4
