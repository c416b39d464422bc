"""What every screen stands in: access, navigation, formats, charts; search, inbox, preferences.

Owns how values look and who may open what. Does not own a noun of the trade: those have rooms.
"""
