"""The guide: the documentation as pages at `/guide`, from the files that come with the package."""

from functools import cache
from pathlib import Path
from posixpath import normpath
from typing import Any, Final
from urllib.parse import urldefrag

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.http.pages.rendering import environment

_APP: Final = Path(__file__).parents[2]
DOCS: Final = _APP / "docs" if (_APP / "docs").is_dir() else _APP.parent / "docs"
"""In an installed package they lie inside it; in a checkout beside it."""
ROOT: Final = "/guide"
LEFT_OUT: Final = ("decisions/",)
"""What is about the code alone."""


@cache
def guide_pages() -> dict[str, Path]:
    """The files by the addresses that they are served at."""
    files = {path.relative_to(DOCS).as_posix(): path for path in sorted(DOCS.rglob("*.md"))}
    return {_address(name): path for name, path in files.items() if not name.startswith(LEFT_OUT)}


def _address(name: str) -> str:
    return ROOT if name == "README.md" else f"{ROOT}/{name.removesuffix('.md')}"


def guide_page(address: str, register: str) -> bytes:
    """One page of the guide."""
    path = guide_pages()[address]
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(path.read_text("utf-8"))
    folder = path.parent.relative_to(DOCS).as_posix()
    for token in tokens:
        for inline in token.children or ():
            _relink(inline, folder)
    title = _name_headings(tokens)
    body = markdown.renderer.render(tokens, markdown.options, {})
    around: dict[str, Any] = {"title": title, "register": register, "guide": Markup(body)}  # noqa: S704  (our own text)
    return environment().get_template("guide.html").render(**around).encode()


def _relink(token: Token, folder: str) -> None:
    """Lead a link between files to the address of the page; one to a file that is not served, nowhere."""
    if token.type != "link_open":
        return
    target, fragment = urldefrag(str(token.attrs["href"]))
    if "://" in target or target.startswith("/"):
        return
    name = normpath(f"{folder}/{target}") if target else ""
    address = {"": "", "openapi.json": "/openapi.json"}.get(name, _address(name))
    if target and address not in guide_pages() and address != "/openapi.json":
        address = ROOT
    token.attrs["href"] = f"{address}#{fragment}" if fragment else address


def _name_headings(tokens: list[Token]) -> str:
    """Give each heading the anchor that links to it use; the first is the title."""
    title = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            words = "".join(one.content for one in tokens[place + 1].children or ())
            token.attrs["id"] = "-".join("".join(c for c in words.lower() if c.isalnum() or c in " -_").split())
            title = title or words
    return title
