"""Reads in the shape of Heroku's Platform API, for clients that speak it: the same queries as REST,
said in another way. Nothing is changed through this door.
"""
