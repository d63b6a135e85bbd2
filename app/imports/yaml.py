"""YAML in which nothing stands for something else, read with the tags that are meant."""

from collections.abc import Callable
from typing import Any

import yaml


class _Plain(yaml.SafeLoader):
    """The safe loader, without aliases, a few of which can stand for more than any memory holds, and every key once."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not read; write the value out", mark)
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        keys = set[str]()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in keys:
                told = f"the key {key.value[:80]!r} is given twice"
                raise yaml.composer.ComposerError(None, None, told, key.start_mark)
            keys.add(str(key.value))
        return node


def loader(reads: Callable[[str], bool]) -> type[yaml.SafeLoader]:
    """A loader that makes something of plain scalars for the tags `reads` says; any other is the text it was."""
    resolvers = {
        letter: [(tag, pattern) for tag, pattern in listed if reads(tag.removeprefix("tag:yaml.org,2002:"))]
        for letter, listed in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return type("Loader", (_Plain,), {"yaml_implicit_resolvers": resolvers})
