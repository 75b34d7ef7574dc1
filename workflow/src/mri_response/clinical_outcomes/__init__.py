"""Clinical outcomes of a trial as statisticians report them, from scores alone."""
