"""The REST resources, one module a resource, one package a version."""
