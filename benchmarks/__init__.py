"""Compare the package with its peers, in one run, as ratios of times."""
