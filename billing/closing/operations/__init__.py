"""The verbs of the close: recognise, sign, lock, reopen, export."""
