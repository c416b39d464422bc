"""A browser that sends a form as it was shown: with what it was made from."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

MADE_FROM = re.compile(r'<input type="hidden" name="made_from" value="([^"]+)"')


def made_from(page: Any) -> str:
    """What the first form of a page says it was made from; empty where none says so."""
    found = MADE_FROM.search(page.content.decode())
    return found.group(1) if found else ""


class Browser(Client):
    """Whoever sends a form has opened its page: a form without `made_from` gets the page's."""

    def post(self, path: Any, data: Any = None, *args: Any, **more: Any) -> Any:
        """Open the page, then send the form."""
        if isinstance(data, dict) and "made_from" not in data:
            shown = self.get(path)
            if shown.status_code == 200 and made_from(shown):
                data = data | {"made_from": made_from(shown)}
        return super().post(path, data, *args, **more)
