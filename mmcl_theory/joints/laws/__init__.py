"""Hold a joint distribution densely, sparsely or by channels, behind one interface."""
