"""The table of types in docs/events.md, between two marks that no reader sees."""

from __future__ import annotations

from edge.contract.catalogue import CATALOGUE
from edge.contract.kinds import EventType
from edge.contract.shapes import Schema

FILE = "events.md"
_BEGIN, _END = "<!-- types: made by scripts/generate-contract -->\n", "<!-- end of types -->\n"
_HEAD = "| type | priority | subject | what happened | data |\n|---|---|---|---|---|\n"


def guide(text: str) -> str:
    """The page with the table as the catalogue has it. Raises ValueError when the marks are missing."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{FILE} has no {_BEGIN.strip()} … {_END.strip()}")
    return f"{before}{_BEGIN}\n{table_of_types()}\n{_END}{after}"


def table_of_types() -> str:
    """One line for each type."""
    return _HEAD + "".join(map(_line, CATALOGUE.values()))


def _line(kind: EventType) -> str:
    priorities = ", ".join(str(int(priority)) for priority in kind.priority)
    subject = kind.subject.replace("?", ", if known")
    cells = [f"`{kind.type}`", priorities, subject, kind.says, _fields(kind.data)]
    return "".join(f"| {cell} ".replace("  ", " ") for cell in cells) + "|\n"


def _fields(data: Schema) -> str:
    if "oneOf" in data:
        return "; or ".join(map(_fields, data["oneOf"]))
    if "propertyNames" in data:
        return "figures by name"
    names = {name: _field(name, shape) for name, shape in data["properties"].items()}
    needed = [text for name, text in names.items() if name in data.get("required", ())]
    others = [text for name, text in names.items() if name not in data.get("required", ())]
    return ", ".join(needed + [f"perhaps {text}" for text in others])


def _field(name: str, shape: Schema) -> str:
    choices = shape.get("enum", ())
    return f"`{name}`" + (": " + " / ".join(choices) if choices else "")
