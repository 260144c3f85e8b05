"""A two-stage program, period by period: Benders' decomposition, kept steady; nothing here knows what it is about."""
