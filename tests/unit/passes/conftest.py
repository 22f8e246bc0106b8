from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from edge.passes.uses import Uses


@pytest.fixture(autouse=True)
def all_databases_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A power cut leaves nobody to close one; Python 3.13 complains of those that are left open."""
    made: list[Uses] = []
    begin = Uses.__init__

    def noted(self: Uses, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        made.append(self)

    monkeypatch.setattr(Uses, "__init__", noted)
    yield
    for uses in made:
        uses.close()
