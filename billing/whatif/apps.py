"""Registers the room."""

from django.apps import AppConfig


class WhatifConfig(AppConfig):
    name = "billing.whatif"
    label = "whatif"
