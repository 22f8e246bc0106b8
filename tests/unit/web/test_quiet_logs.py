from __future__ import annotations

import logging

from edge.web.quiet import EVERY_S, MOST, Sparing


def test_a_few_records_a_minute_are_told_and_how_many_were_not() -> None:
    now_s, told = [100.0], []
    log = logging.Logger("a library")
    log.addFilter(Sparing(lambda: now_s[0]))
    log.addHandler(handler := logging.Handler())
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    for number in range(1000):
        log.error("connection %d", number)
    assert told == [f"connection {number}" for number in range(MOST)]
    now_s[0] += EVERY_S
    log.error("connection %d", 1000)
    log.error("100%")
    assert told[MOST:] == ["connection 1000 (and 995 more before that)", "100%"]
