"""Plans, drafts, prices, worked cases and meters on screen.

Owns the forms that are made from a document's shape (`form_shapes`, `form_sheets`). What is valid
is said by rating, catalogue and usage, never here.
"""
