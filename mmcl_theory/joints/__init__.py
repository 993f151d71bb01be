"""What the world is: joint distributions of positive pairs, and where they come from."""
