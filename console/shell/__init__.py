"""What every screen stands in: access, navigation, formats, charts; search, inbox, preferences."""
