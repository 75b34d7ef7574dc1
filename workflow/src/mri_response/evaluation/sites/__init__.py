"""What sites tell: whether they can be predicted, and how performance differs between them."""
