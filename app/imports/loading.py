"""YAML in which nothing stands for something else, read with the tags that are meant."""

from collections.abc import Callable

import yaml


class _Plain(yaml.SafeLoader):
    """The safe loader, without aliases: a few lines of them can stand for more than any memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not read; write the value out", mark)
        return super().compose_node(parent, index)


def loader(reads: Callable[[str], bool]) -> type[yaml.SafeLoader]:
    """A loader that makes something of plain scalars for the tags `reads` says; any other is the text it was."""
    resolvers = {
        letter: [(tag, pattern) for tag, pattern in listed if reads(tag.removeprefix("tag:yaml.org,2002:"))]
        for letter, listed in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return type("Loader", (_Plain,), {"yaml_implicit_resolvers": resolvers})
