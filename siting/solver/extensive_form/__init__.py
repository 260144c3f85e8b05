"""All periods as one matrix: relaxation, crossover, rounding, branch and bound."""
