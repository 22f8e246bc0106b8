from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import cv2
import numpy as np
from edge.runtime.memory import lean, trim

def of_files():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssFile"))

lean()
before = of_files()
trim()
after = of_files()
picture = cv2.resize(np.arange(64, dtype=np.uint8).reshape(8, 8), (4, 4), interpolation=cv2.INTER_AREA)
print(before, after, picture[0, 0])
"""


def test_code_that_only_starting_needed_is_given_back_and_the_rest_still_works() -> None:
    # A process of its own: this one's resident memory depends on the tests before.
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120)
    before, after, pixel = map(int, done.stdout.split())
    assert after < 0.8 * before
    assert pixel == 5  # the mean of 0, 1, 8 and 9, rounded
