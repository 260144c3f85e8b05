"""The optimization model: one concept per file, joined by ports."""
