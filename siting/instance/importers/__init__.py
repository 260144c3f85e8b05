"""Data of others as instances."""
