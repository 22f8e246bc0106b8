"""The least configuration of a gate, for what is put together from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.config import Config, check_table


def config_of(state: Path, **tables: Any) -> Config:
    table = {
        "device": {"id": "gate-1", "site": "demo"},
        "camera": {"driver": "folder", "path": "pictures"},
        "door": {"driver": "simulated"},
        "speaker": {"driver": "silent"},
        "uplink": {"host": "127.0.0.1", "tls": False},
        "store": {"state_dir": str(state)},
    }
    config, problems = check_table({**table, **tables}, state)
    assert config is not None, problems
    return config
