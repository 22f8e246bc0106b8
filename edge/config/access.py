"""What the access table cannot tell value by value: names that have to be defined, and ways that nobody could go."""

from __future__ import annotations

from edge.config.check import Problems
from edge.config.schema import Access


def access_problems(access: Access) -> Problems:
    """The mistakes within [access]."""
    problems: Problems = []
    for group, names in access.groups.items():
        problems.extend(
            (("access", "groups", group), f"no such schedule '{name}' under [access.schedules]")
            for name in names
            if name not in access.schedules
        )
    problems.extend(
        (("access", "ways_at", name), f"no such schedule '{name}' under [access.schedules]")
        for name in access.ways_at
        if name not in access.schedules
    )
    problems.extend(
        (("access", "group_ways", group), f"no such group '{group}' under [access.groups]")
        for group in access.group_ways
        if group not in access.groups
    )
    lists: dict[tuple[str, ...], tuple[str, ...]] = {("ways",): access.ways}
    lists |= {("ways_at", name): ways for name, ways in access.ways_at.items()}
    lists |= {("group_ways", group): ways for group, ways in access.group_ways.items()}
    problems.extend((("access", *key), "is empty: nobody could pass") for key, ways in lists.items() if not ways)
    return problems
