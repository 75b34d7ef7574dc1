"""What the project raises for mistakes in the user's input."""


class InputError(ValueError):
    """A mistake in the configuration or the data, told to the user in one line."""
