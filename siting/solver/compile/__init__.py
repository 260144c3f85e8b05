"""From Pyomo models to labelled matrices, a chunk of periods at a time."""
