"""Tags that draw: icons of the sprite, tags of states."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.shell.status_tags import Tag, state_tag

register = template.Library()

SPRITE = "vendor/lucide/sprite.svg"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; silent to a screen reader unless it has a label of its own."""
    href = f"{static(SPRITE)}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.inclusion_tag("_components/tag.html")
def state(kind: str, value: str) -> dict[str, Tag]:
    """The tag of a state, as console.shell.status_tags words it."""
    return {"tag": state_tag(kind, value)}
