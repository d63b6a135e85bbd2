"""HTML as a tree, so that tests read a page as a person does: by its headings, tables and links."""

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr", "rect", "line", "circle", "col"}


class Element:
    """One element: its name, its attributes, what stands in it."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes = name, attributes
        self.children: list[Element | str] = []

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """Its words, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()
                if child.name not in {"bdi", "b", "a", "span", "code"}:
                    yield " "

    def all(self, name: str, within: str = "") -> list["Element"]:
        """The elements of a name, those with a class if one is given, in the order of the page."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.name == name and (not within or within in child.classes):
                    found.append(child)
                found += child.all(name, within)
        return found

    def one(self, name: str, within: str = "") -> "Element":
        """The only element of a name."""
        (found,) = self.all(name, within)
        return found

    def section(self, identifier: str) -> "Element":
        """The section that a heading names."""
        (found,) = [one for one in self.all("section") if one.attributes.get("aria-labelledby") == identifier]
        return found

    def rows(self) -> list[list[str]]:
        """The rows of a table, each cell's words."""
        return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in self.all("tr")]

    def links(self) -> list[str]:
        """Where it leads."""
        return [one.attributes["href"] for one in self.all("a")]


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID and tag != "path":
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(page: str) -> Element:
    """A page as a tree; what is opened must be closed, in order."""
    tree = _Tree()
    tree.feed(page)
    tree.close()
    assert len(tree.open) == 1, f"never closed: {[one.name for one in tree.open[1:]]}"
    return tree.root
