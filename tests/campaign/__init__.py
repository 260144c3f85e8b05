"""A campaign against the tool: mutants of sound instances, and random problems against another solver."""
