"""Our code beside its peers, in one run."""
