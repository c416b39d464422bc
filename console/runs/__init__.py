"""Bill runs and parallel runs on screen: started, watched, tried again. Owns no rule of a run."""
