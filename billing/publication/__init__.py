"""What a plan version must pass before it is published: its worked cases, and cautions."""
