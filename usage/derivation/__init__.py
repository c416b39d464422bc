"""What follows from raw events: day figures, state intervals, period totals; rebuilt."""
