"""What concerns several keys of the configuration at once, per section."""
