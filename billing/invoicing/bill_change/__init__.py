"""Why a bill differs from the one before it. Pure: values in, parts out; no rows, no clock.

`charges` splits what one charge came to, `taxes` what a tax did, `parts` puts all of it together,
`grouping` makes the few parts of it that people read, and `summaries` what is kept of those.
"""
