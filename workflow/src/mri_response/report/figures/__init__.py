"""Figures of one run, each a function of tables or images that returns a Figure."""
