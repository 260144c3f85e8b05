"""From a problem to a solution: compiled, solved, and told as tables."""
