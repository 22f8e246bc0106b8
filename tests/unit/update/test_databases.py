"""Real databases across an update: what the version before can read, and the way back where it cannot."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import DataError, HardwareError
from edge.store.forward import foreign
from edge.store.keys import DeviceKey
from edge.store.reader import EventReader
from edge.store.roster import Roster
from edge.store.roster_schema import KNOWN, ROSTER_NAME
from edge.store.salvage import set_aside_files
from edge.store.schema import NAMES
from edge.update.databases import EVENTS_NAME, bring_back, copy, copy_all, foreign_files
from tests.store_life import *  # noqa: F403
