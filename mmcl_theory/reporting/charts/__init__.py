"""Draw the interactive figures of a report."""
