"""Steps of preparation that learn from the training rows of a fold."""
