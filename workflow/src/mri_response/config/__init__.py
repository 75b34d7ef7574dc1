"""The configuration: read, checked against its schema, completed, and cut into jobs."""
