"""Who is billed, and who works here: accounts, profiles, payers, resources, partners, staff.

Does not own what an account has (contracts), uses (usage) or owes; it knows no money but the
currency an account is billed in.
"""
