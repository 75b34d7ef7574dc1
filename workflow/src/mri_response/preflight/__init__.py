"""Everything that is checked before the first job starts."""
