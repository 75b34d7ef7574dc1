"""Models frozen after the refit, and what they say of people they have never seen."""
