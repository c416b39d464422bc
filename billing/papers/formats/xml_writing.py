"""Writing XML by lxml: elements in the order they are asked for, and none that is empty."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree


class XmlWriter:
    """One element and what is put below it; names are written as prefix:Name."""

    def __init__(self, element: etree._Element, namespaces: Mapping[str, str]) -> None:
        self.element = element
        self._namespaces = namespaces

    @classmethod
    def root(
        cls, name: str, namespaces: Mapping[str, str], *, default: str | None = None
    ) -> XmlWriter:
        """The outermost element; `default` is the prefix that is left out in the file."""
        shown = {None if prefix == default else prefix: uri for prefix, uri in namespaces.items()}
        element = etree.Element(_qualified(name, namespaces), nsmap=shown)
        return cls(element, namespaces)

    def below(self, name: str) -> XmlWriter:
        """A new element, to be filled."""
        child = etree.SubElement(self.element, _qualified(name, self._namespaces))
        return XmlWriter(child, self._namespaces)

    def text(self, name: str, value: str | None, **attributes: str) -> None:
        """An element with a text; nothing where there is no text."""
        if not value:
            return
        child = self.below(name).element
        child.text = value
        for key, each in attributes.items():
            child.set(key, each)

    def to_bytes(self) -> bytes:
        """The whole file, in UTF-8."""
        written: bytes = etree.tostring(
            self.element, xml_declaration=True, encoding="UTF-8", pretty_print=True
        )
        return written


def _qualified(name: str, namespaces: Mapping[str, str]) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{namespaces[prefix]}}}{local}"
