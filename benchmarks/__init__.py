"""The operators against torch and against their own textbook forms, as ratios in one run."""
