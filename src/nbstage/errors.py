"""The one exception that nbstage raises on purpose."""


class UserError(Exception):
    """Wrong usage, or a missing tool or file: one message, one hint, no traceback, exit code 2."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
