"""People and places: persons, postings, roles, units, regions, ranks."""
