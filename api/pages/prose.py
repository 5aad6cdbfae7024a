"""Markdown of a business as HTML of ours: headings that follow the page's own, no HTML of its own, no pictures, links that are links."""

from functools import lru_cache

from markdown_it import MarkdownIt
from markupsafe import Markup

_READER = MarkdownIt("commonmark", {"html": False}).disable("image")


@lru_cache(64)
def prose(text: str) -> Markup:
    """The text as HTML. Its headings become second and lower ones, in the order of their depth."""
    tokens = _READER.parse(text)
    depths = sorted({token.tag for token in tokens if token.type == "heading_open"})
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(depths.index(token.tag) + 2, 6)}"
    return Markup(_READER.renderer.render(tokens, _READER.options, {}))
