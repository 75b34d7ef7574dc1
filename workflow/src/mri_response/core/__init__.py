"""What every stage rests on: errors, logs, atomic files, tables, seeds, provenance."""
