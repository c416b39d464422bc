"""What is done to accounts, profiles, payers, resources, partners and staff.

Every operation is keyword-only, takes the instant `at` it acts at, who it is done by and why, runs
in one transaction, leaves history rows and publishes its fact.
"""
