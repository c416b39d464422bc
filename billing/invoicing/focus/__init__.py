"""What was billed as FOCUS rows: the FinOps cost and usage specification, 1.2 and 1.4.

`columns` says which columns there are, `rows` what stands in them for a line, a tax, a credit, a
note and a void. https://focus.finops.org/focus-specification/
"""
