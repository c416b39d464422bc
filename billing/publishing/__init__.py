"""What a plan version must pass before it is published: worked cases, cautions, effects."""
