"""Bill runs and parallel runs on screen."""
