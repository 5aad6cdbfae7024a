"""What the pages are dressed in: served whole, kept for ever under its version, and htmx as it was published."""

import hashlib
import re
from importlib import resources

from api.console.assets import address_of
from tests.api.conftest import World
from tests.api.console.browsing import stranger

STATIC = resources.files("api") / "static"


def test_htmx_is_the_published_file_and_its_note_says_which() -> None:
    body, note = (STATIC / "htmx.min.js").read_bytes(), (STATIC / "htmx.md").read_text(encoding="utf-8")
    version = re.search(rb'version:"([0-9.]+)"', body)
    assert version is not None
    assert f"htmx {version[1].decode()}," in note
    assert hashlib.sha256(body).hexdigest() in note
    assert "0BSD" in note


async def test_a_file_is_kept_under_its_version(world: World) -> None:
    browser = stranger(world)
    for name in ("console.css", "console.js", "htmx.min.js"):
        answer = await browser.get(address_of(name))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        again = await browser.get(address_of(name), headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "immutable" not in (await browser.get(f"/console/static/{name}")).headers["cache-control"]


async def test_nothing_else_is_served(world: World) -> None:
    browser = stranger(world)
    for name in ("htmx.md", "nothing.css", "..%2f__init__.py", "console.CSS"):
        assert (await browser.get(f"/console/static/{name}")).status_code in (401, 404, 422)
