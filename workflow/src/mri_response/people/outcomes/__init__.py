"""Outcomes of people: one module per kind of outcome."""
