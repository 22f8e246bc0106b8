"""Makes the parts of `scripts/build-models` importable, as they are for the script itself."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))
