"""How differently people's brains change, in how many ways, and whether maps resemble genes."""
