"""A person with a browser: opens links, reads pages, fills in forms. No scripts, as the pages need none."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from sandbox.obstacle import Obstacle


@dataclass(slots=True)
class Form:
    """A form as it stands when the page is opened; `buttons` maps a label to the name and value it sends."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What a person sees: the address, the text, the forms."""

    url: str
    status: int
    text: str
    forms: tuple[Form, ...]
    links: dict[str, str] = field(default_factory=dict)  # where a link leads, by its label; the first of each


class PageLost(Obstacle):
    """The page has no such form, or the server refused what was sent."""


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(follow_redirects=True, trust_env=False, timeout=15)

    async def open(self, url: str) -> Page:
        """Follow a link."""
        return _page(await self._http.get(url))

    async def press(self, page: Page, button: str, **filled: str) -> Page:
        """Fill in the form that has this button (a part of its label) and press it.

        Raises:
            PageLost: there is no such form, or it was refused; the message is what the page says.
        """
        for form in page.forms:
            for label, (name, value) in form.buttons.items():
                if button in label:
                    sent = {**form.values, **filled, **({name: value} if name else {})}
                    target = urljoin(page.url, form.action)
                    if form.method == "get":
                        answer = await self._http.get(target, params=sent)
                    else:
                        answer = await self._http.post(target, data=sent)
                    answered = _page(answer)
                    if answered.status >= 400:
                        raise PageLost(f"'{button}' was refused ({answered.status}): {answered.text[:200]}")
                    return answered
        raise PageLost(f"no form with '{button}' at {page.url}: {page.text[:200]}")

    async def follow(self, page: Page, link: str) -> Page:
        """Follow the first link whose label has these words. Raises PageLost when there is none."""
        for label, target in page.links.items():
            if link in label:
                return await self.open(urljoin(page.url, target))
        raise PageLost(f"no link with '{link}' at {page.url}: {page.text[:200]}")

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _page(answer: httpx.Response) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    return Page(str(answer.url), answer.status_code, " ".join(reader.words), tuple(reader.forms), reader.links)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._open: Form | None = None
        self._button: tuple[str, str] | None = None
        self._label: list[str] = []
        self._select = ""
        self._unread = 0
        self.links: dict[str, str] = {}
        self._target = ""
        self._linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("style", "script"):
            self._unread += 1
        elif tag == "a":
            self._target, self._linked = given.get("href", ""), []
        elif tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag == "button":
            self._button, self._label = (given.get("name", ""), given.get("value", "")), []
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and (self._select not in self._open.values or "selected" in given):
            self._open.values[self._select] = given.get("value", "")
        elif tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._open.values[given.get("name", "")] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._unread -= 1
        elif tag == "button" and self._open is not None and self._button is not None:
            self._open.buttons[" ".join(self._label)] = self._button
            self._button = None
        elif tag == "a" and self._target:
            self.links.setdefault(" ".join(self._linked), self._target)
            self._target = ""
        elif tag == "form":
            self._open = None

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if not text or self._unread:
            return
        self.words.append(text)
        if self._target:
            self._linked.append(text)
        if self._button is not None:
            self._label.append(text)
