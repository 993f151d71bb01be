"""Tables told to people."""
