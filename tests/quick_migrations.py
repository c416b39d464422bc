"""Makes the test database in a third of the time, by drawing less of the models on the way.

For every model and trigger that a migration adds, Django draws anew each model that can be reached
from it, some two dozen of them. What is added here changes no class that stands: a new model is
drawn alone, and a trigger is no part of the class. Whatever alters a model that stands is drawn as
ever, and a step of Python finds all drawn anew (`is_delayed`). `test_quick_migrations` holds that
the tables come out the same.
"""

from __future__ import annotations

import pytest
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

_reload_model = ProjectState.reload_model


def migrate_quickly(patch: pytest.MonkeyPatch) -> None:
    """Until `patch` is undone."""
    patch.setattr(ProjectState, "reload_model", _draw_what_is_new)
    patch.setattr(AddTrigger, "state_forwards", _note_trigger)


def _draw_what_is_new(
    self: ProjectState, app_label: str, model_name: str, delay: bool = False
) -> None:
    if "apps" not in self.__dict__:
        return
    if model_name in self.apps.all_models[app_label]:
        _reload_model(self, app_label, model_name, delay)
        return
    self.is_delayed = True
    self.apps.render_multiple([self.models[app_label, model_name]])


def _note_trigger(self: AddTrigger, app_label: str, state: ProjectState) -> None:
    options = state.models[app_label, self.model_name.lower()].options
    options["triggers"] = [*options.get("triggers", []), self.trigger]
