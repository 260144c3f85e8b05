"""Pure functions of physics and finance: units in their names, sources in their docstrings."""
