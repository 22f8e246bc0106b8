"""`edge run` as it is, but for what a test cannot wait for or have: the kernel's clock counts as synchronised, and
the trial of a configuration takes seconds. A new process of it is the same again.

    python -m tests.scenario.office_gate run --config FILE
"""

from __future__ import annotations

import logging
import os
import sys
from functools import partial
from typing import NoReturn

import edge.app
import edge.daemon
from edge.__main__ import main
from edge.clock import SystemClock
from edge.commands import trial

trial.STEADY_S = 1.0
trial.TRIAL_S = 4.0


def begin_anew() -> NoReturn:
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, "-m", "tests.scenario.office_gate", *sys.argv[1:]])


if __name__ == "__main__":
    vars(edge.app)["SystemClock"] = partial(SystemClock, synchronised=lambda: True)
    edge.daemon.begin_anew = begin_anew
    sys.exit(main())
