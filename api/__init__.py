"""The machines' door: REST and GraphQL."""
