"""What stops a command: told to the user as one line that says what to do, never as a stack trace."""


class Obstacle(Exception):
    """Something the user can put right. The message names it and the remedy."""
