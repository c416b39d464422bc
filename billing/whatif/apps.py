"""Registers the room."""

from django.apps import AppConfig


class WhatifConfig(AppConfig):
    name = "billing.whatif"
    label = "whatif"

    def ready(self) -> None:
        # Approvals stands below and cannot know what there is to approve.
        from billing.whatif.proposals import register_all

        register_all()
