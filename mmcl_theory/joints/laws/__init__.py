"""The three ways to hold a joint distribution, behind one interface."""
