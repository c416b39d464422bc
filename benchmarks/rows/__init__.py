"""One module per row of the table. Each says what it measures and against what."""
