"""Where in the brain: weights, patterns and sets of regions."""
