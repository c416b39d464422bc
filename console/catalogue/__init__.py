"""Plans, drafts, prices, meters on screen."""
