"""Read shapes: plain values for the bill, the screens and the API alike."""
