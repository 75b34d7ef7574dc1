"""What people read: figures, sections of the page, documents for the reviewer."""
