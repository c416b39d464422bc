"""Days as the console shows them, and none that two countries read differently."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j F"
FIRST_DAY_OF_WEEK = 1
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d %b %Y", "%d %B %Y"]
DATETIME_INPUT_FORMATS = [
    f"{day} {time}"
    for day in ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")
    for time in ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")
]
