"""Who is analysed, and with which outcome."""
