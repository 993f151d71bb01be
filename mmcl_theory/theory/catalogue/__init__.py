"""The statements, one file for each subject."""
