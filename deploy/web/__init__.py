"""The web server's worker: reads each request to its end before a thread works on it, and sends
each answer after it, so that a slow client costs a few kilobytes and nobody's time."""
