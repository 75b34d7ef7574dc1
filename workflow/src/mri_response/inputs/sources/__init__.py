"""Readers of what programs and hospitals leave behind, each with a record of what was read."""
