"""What the catalogue says of one type of event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.actions import Priority
from edge.contract.shapes import Schema


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event. `says` is one sentence for people; `subject` what stands in the envelope's field of that
    name ("" where it is absent, "?" at the end where it may be); `example` is a `data` as a device sends it.
    """

    type: str
    priority: tuple[Priority, ...]
    subject: str
    says: str
    data: Schema
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_subject(self) -> bool:
        return bool(self.subject) and not self.subject.endswith("?")
