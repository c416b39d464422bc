"""The accessibility bar: WCAG 2.2 A and AA by axe, zero violations."""

from typing import Any

from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async (rules) => {
    const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}});
    return found.violations.map(each => ({
        rule: each.id, help: each.help, nodes: each.nodes.map(node => node.target.join(' ')),
    }));
}"""


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds wrong with the page as it is now: rule, its sentence, the nodes."""
    found: list[dict[str, Any]] = page.evaluate(_RUN, _RULES)
    return found


def assert_accessible(page: Page) -> None:
    """Fails with each violated rule and where; only on pages opened with the `page` fixture."""
    report = [
        f"{each['rule']}: {each['help']}\n    " + "\n    ".join(each["nodes"])
        for each in violations(page)
    ]
    assert not report, f"{page.url}\n" + "\n".join(report)
