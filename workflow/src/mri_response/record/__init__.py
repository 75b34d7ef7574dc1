"""What a run came from, for machines."""
