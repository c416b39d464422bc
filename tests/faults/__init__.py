"""`make faults`: processes killed, frozen and fed nonsense under load, and then the books.

Runs beside the processes that deploy.local started for it, for some minutes; the suite holds a
smaller piece of each fault.
"""
