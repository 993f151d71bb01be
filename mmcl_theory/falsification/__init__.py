"""Search for instances that violate a theorem or leave its bound no room."""
