"""Kinds of models: each is one file that says what the model needs, costs and is called."""
