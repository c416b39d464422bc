"""Rules that are data: how a bank's file is read, what matches, what is applied, who is reminded.

Pure: documents in, values out; which version holds is in `queries.rule_versions`.
"""
