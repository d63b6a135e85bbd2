"""YAML in which nothing stands for something else, read with the tags that are meant."""

import re
from collections.abc import Collection
from typing import Any

import yaml

PLAIN = {
    "null": re.compile(r"~|null|Null|NULL|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"-?(?:0|[1-9][0-9]*)"),
    "float": re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+"),
}
"""What a plain scalar may stand for beside a text. What YAML once took for more is a text: `no`, `010`, `1:30`."""


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
                message = f"the key {key.value[:80]!r} is given twice"
                raise yaml.composer.ComposerError(None, None, message, key.start_mark)
            keys.add(str(key.value))
        return node


def loader(reads: Collection[str]) -> type[yaml.SafeLoader]:
    """A loader that makes of plain scalars the kinds that it `reads`; any other is the text it was."""
    resolvers = [(f"tag:yaml.org,2002:{kind}", re.compile(rf"(?:{PLAIN[kind].pattern})\Z")) for kind in reads]
    return type("Loader", (_Plain,), {"yaml_implicit_resolvers": {None: resolvers}})
