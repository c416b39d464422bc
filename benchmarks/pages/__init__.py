"""How long every page takes where there is much to show: docs/pages.md.

Owns the world the pages are read in, the address of every page, and the reading. What is measured
is found by walking the URL configuration, so that no page is forgotten.
"""
