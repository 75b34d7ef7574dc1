"""From decision values to tables: performance, intervals, p-values, comparisons, usefulness."""
