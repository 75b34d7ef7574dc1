"""Sections of the page, each in a module of its own."""
