"""Feature matrices and the quality of the scans they come from."""
