"""What would have been: periods rated again under an assumption, and what a mistake touched."""
