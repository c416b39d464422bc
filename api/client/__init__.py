"""Our client for Python: what it stands on (`package`), and how its calls are written from the
OpenAPI document (`generating`). `manage.py client_package` puts them together.
"""
