"""A model that came in a folder, applied to people of other hospitals."""
