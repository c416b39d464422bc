"""What a plan version must pass before it is published: worked cases, cautions, effects.

Owns the step from draft to published, which looks at the customers of a plan. Does not own the
version itself (catalogue), nor how it is rated.
"""
