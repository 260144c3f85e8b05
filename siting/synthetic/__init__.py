"""Building blocks of the synthetic instances: seeded weather, surplus of renewables, tariffs."""
