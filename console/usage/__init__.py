"""Events, corrections, quarantine, backfills, late usage on screen."""
