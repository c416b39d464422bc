"""Events in and figures out in the shape of OpenMeter's API, for clients that speak it: the same
ingest and the same queries as REST, said in another way.
"""
