"""The documents against the program: keys, bounds, defaults, commands, options, links and make targets."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from edge.__main__ import build_parser
from edge.config import schema
from edge.config.check import Between

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"), ROOT / "models/README.md"])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
PROGRAM = re.compile(r"^(?:\$ )?(?:sudo )?(?:\S*/)?(?:python3? -m )?edge (?=[-a-zA-Z…])")

Row = tuple[str, str]
"""What is allowed, and the default, as the document writes them."""


# --- docs/configuration.md and the schema


def allowed(hint: Any) -> str:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        whole = "whole, " if args[0] is int else ""
        bounds = [f"{rule.low:g} to {rule.high:g}" for rule in args[1:] if isinstance(rule, Between)]
        return whole + bounds[0] if bounds else allowed(args[0])
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in args)
    if origin is tuple:
        return f"list of {allowed(args[0])}"
    if origin is Mapping:
        return f"table of {allowed(args[1])}"
    if origin in (Union, types.UnionType):
        return allowed(next(arg for arg in args if arg is not type(None)))
    return {str: "text", bool: "`true`, `false`", Path: "path"}[hint]


def written(value: Any) -> str:
    """A default as TOML."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        assert not value
        return "`{}`"
    value = str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
    return f"`{json.dumps(value)}`"


def inner(hint: Any) -> tuple[type, ...]:
    """The tables that a value may be: those of a union, one for each driver; none for a plain value."""
    choices = [hint] if not get_args(hint) or get_origin(hint) is Annotated else get_args(hint)
    return tuple(one for one in choices if isinstance(one, type) and is_dataclass(one))


def below(hint: Any) -> tuple[tuple[type, ...], str]:
    """The tables below a key, and how their name goes on where there are several by name."""
    if get_origin(hint) is Mapping:
        return inner(get_args(hint)[1]), ".<name>"
    return inner(hint), ""


def rows_of(table: type) -> dict[str, Row]:
    hints = get_type_hints(table, include_extras=True)
    rows = {}
    for field in fields(table):
        if below(hints[field.name])[0]:
            continue  # it has a heading of its own
        if field.default is not MISSING:
            default = written(field.default)
        elif field.default_factory is not MISSING:
            default = written(field.default_factory())
        else:
            default = "required"
        rows[field.name] = (allowed(hints[field.name]), default)
    return rows


def tables_below(name: str, hint: Any, told: set[type]) -> Iterator[tuple[str, dict[str, Row]]]:
    """The tables of one name and those within them; each is told once, where it comes first."""
    tables, further = below(hint)
    for table in tables:
        if table in told:
            continue
        told.add(table)
        hints = get_type_hints(table, include_extras=True)
        driver = f', driver = "{get_args(hints["driver"])[0]}"' if "driver" in hints else ""
        yield f"[{name}{further}]{driver}", rows_of(table)
        for key, one in hints.items():
            yield from tables_below(f"{name}{further}.{key}", one, told)


def tables_in_the_schema() -> dict[str, dict[str, Row]]:
    told: set[type] = set()
    hints = get_type_hints(schema.Config, include_extras=True)
    return {heading: rows for name, hint in hints.items() for heading, rows in tables_below(name, hint, told)}


def tables_in_the_document() -> dict[str, dict[str, Row]]:
    tables: dict[str, dict[str, Row]] = {}
    for section in re.split(r"^##+ ", (ROOT / "docs/configuration.md").read_text(), flags=re.MULTILINE):
        heading, _, body = section.partition("\n")
        if heading.startswith("`["):
            cells = [re.split(r" *(?<!\\)\| *", line) for line in body.splitlines() if line.startswith("| `")]
            tables[heading.replace("`", "")] = {row[1].strip("`"): (row[2], row[3]) for row in cells}
    return tables


def test_the_configuration_lists_every_table_and_no_other() -> None:
    assert list(tables_in_the_document()) == list(tables_in_the_schema())


@pytest.mark.parametrize("table", list(tables_in_the_schema()))
def test_keys_bounds_and_defaults_are_those_of_the_schema(table: str) -> None:
    assert tables_in_the_document()[table] == tables_in_the_schema()[table]


# --- docs/commands.md and the parser


def commands(parser: argparse.ArgumentParser | None = None) -> Iterator[argparse.ArgumentParser]:
    """Every command that does something, as its own parser."""
    parser = parser or build_parser()
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for group in groups:
        for command in group.choices.values():
            yield from commands(command)
    if not groups or parser.get_default("run") is not None:
        yield parser


def sections_of_commands() -> dict[str, str]:
    text = (ROOT / "docs/commands.md").read_text()
    found: dict[str, str] = {}
    for section in re.split(r"^##+ ", text, flags=re.MULTILINE):
        heading, _, body = section.partition("\n")
        found |= dict.fromkeys(re.findall(r"`(edge [^`]+)`", heading), body)
    return found


def test_every_command_has_its_section_and_no_other_has() -> None:
    assert set(sections_of_commands()) == {parser.prog for parser in commands()}


@pytest.mark.parametrize("parser", list(commands()), ids=lambda parser: parser.prog)
def test_every_option_is_told_and_no_other(parser: argparse.ArgumentParser) -> None:
    common = {"--help", "--json", "--config", "--state"}
    options = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", sections_of_commands()[parser.prog]))
    assert options - common <= told
    assert told <= {option for other in commands() for action in other._actions for option in action.option_strings}


# --- every page: commands, make targets, links


def code_of(page: Path) -> Iterator[tuple[str, bool]]:
    """Lines of code blocks (True) and pieces of code within text (False)."""
    text = page.read_text()
    for language, block in FENCE.findall(text):
        if language in ("", "sh"):
            yield from ((line.strip(), True) for line in block.replace("\\\n", " ").splitlines())
    yield from ((piece, False) for piece in INLINE.findall(FENCE.sub("", text)))


def command_lines(page: Path) -> Iterator[tuple[list[str], bool]]:
    for code, whole in code_of(page):
        if PROGRAM.match(code):
            words = shlex.split(PROGRAM.sub("", code), comments=True)
            cut = next((place for place, word in enumerate(words) if word in ("…", "COMMAND")), None)
            # A mention names a command and leaves the rest away; only then may something required be missing.
            mention = cut is not None or (not whole and not any(word.startswith("-") for word in words))
            yield words[:cut], mention


def complaint(words: list[str], mention: bool, capsys: pytest.CaptureFixture[str]) -> str:
    try:
        build_parser().parse_args(words)
    except SystemExit as end:
        said = capsys.readouterr().err
        if end.code and not (mention and "arguments are required" in said):
            return f"edge {shlex.join(words)}: {said.splitlines()[-1]}"
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_every_command_line_parses(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    complaints = [complaint(words, mention, capsys) for words, mention in command_lines(ROOT / name)]
    assert [text for text in complaints if text] == []


def test_the_command_lines_are_found() -> None:
    found = [words for page in PAGES for words, _ in command_lines(page)]
    assert ["run", "--config", "/etc/edge/edge.toml"] in found
    assert len(found) > 60


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {
        target
        for code, _ in code_of(ROOT / name)
        if (match := re.match(r"make( .*)?$", code.partition("#")[0].strip()))
        for target in (match[1] or "").split()
    }
    assert named <= targets


def anchors(page: Path) -> set[str]:
    """As GitHub and most renderers make them of headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_resolves(name: str) -> None:
    page = ROOT / name
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = page.parent / path if path else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert broken == []


# --- docs/safety.md and the tests that it names


def test_every_test_that_safety_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/safety.md").read_text())
    assert len(named) > 40
    gone = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists() or (name and f"def {name}(" not in (ROOT / path).read_text())
    ]
    assert gone == []
