"""What users bring: images, atlases and intracranial volumes, found, checked and read."""
