"""A sample plug-in: officers thank a colleague."""
