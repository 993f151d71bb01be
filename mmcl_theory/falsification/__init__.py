"""The search for instances that violate a statement or leave its bound no room."""
