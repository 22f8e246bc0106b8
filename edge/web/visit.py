"""One request as a page sees it: who asks, in which language, with which fields; and how a page is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from edge.web.answer import Answer
from edge.web.house import House
from edge.web.request import Fields, Request
from edge.web.request import one as one_field
from edge.web.sessions import Session
from edge.web.templates import render
from edge.web.words import Language, translated

Access = Literal["open", "paired", "installer"]


@dataclass(frozen=True, slots=True)
class Visit:
    """`form`: of a POST. `menu`: the routes that have a place in it."""

    house: House
    request: Request
    language: Language
    session: Session | None = None
    form: Fields = field(default_factory=lambda: MappingProxyType({}))
    menu: tuple[Route, ...] = ()

    @property
    def paired(self) -> Session:
        """The session, on a page that asks for one."""
        assert self.session is not None  # the site lets nobody else come here
        return self.session

    def say(self, english: str) -> str:
        """In the visitor's language."""
        return translated(self.language, english)

    def asked(self, name: str, default: str = "", most: int = 200) -> str:
        """A field of the query. Raises RefusedError."""
        return one_field(self.request.query, name, default, most)

    def given(self, name: str, default: str = "", most: int = 200) -> str:
        """A field of the form. Raises RefusedError."""
        return one_field(self.form, name, default, most)

    def page(self, template: str, status: int = 200, **values: Any) -> Answer:
        """A page in the common frame."""
        session = self.session
        context: dict[str, Any] = {
            "t": self.say,
            "language": self.language,
            "path": self.request.path,
            "device": self.house.config.device,
            "role": session.role if session else "",
            "menu": [one for one in self.menu if self._may_see(one)] if session else [],
            "form_key": session.form_key if session else "",
            "notices": session.take_notices() if session else [],
            "commissioned": self.house.window.commissioned(),
            "left_s": self.house.window.left_s(),
        }
        return Answer(status, render(template, context | values).encode())

    def _may_see(self, route: Route) -> bool:
        config = self.house.config
        cameras = config.camera is not None or (config.station is not None and config.station.camera is not None)
        here = {"": True, "bins": bool(config.bins), "camera": cameras, "people": config.camera is not None}
        return here[route.needs] and (route.access == "paired" or self.paired.role == "installer")


Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`title`: what it is called in the menu; empty: it is not in it."""

    path: str
    access: Access
    get: Handler | None = None
    post: Handler | None = None
    title: str = ""
    needs: Literal["", "bins", "camera", "people"] = ""
    """What a device must have for it to be in the menu; `people`: a camera that looks at them."""
    touch: bool = True
    """Whether asking for it shows that a person is there, which keeps the session open."""


def by_path(routes: tuple[Route, ...]) -> Mapping[str, Route]:
    """The routes for looking up. Paths are whole and fixed: what is not one of them does not exist."""
    return MappingProxyType({route.path: route for route in routes})
