"""Kinds of models: each is one folder that says what the model needs, costs and is called."""
