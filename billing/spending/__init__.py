"""What an account, or one of its apps, may spend in a billing period, and who is told when.

Owns budgets, limits, their marks, and the facts that stop and resume. Decides no amount: what was
spent is the bill so far, by the code that bills. Refuses no usage.
"""
