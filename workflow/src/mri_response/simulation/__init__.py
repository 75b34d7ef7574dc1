"""The demo's simulated trial."""
