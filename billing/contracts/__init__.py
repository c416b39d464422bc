"""Who has what on which terms: subscriptions, agreed prices. Rates nothing."""
