"""Errors a user can mend: one line that says what is wrong, where, and what to do."""


class RmplError(Exception):
    """A mistake in the input or the surroundings, not in the program.

    The command line prints it as one line and exits with code 2, without a traceback.

    Parameters
    ----------
    what
        What is wrong, in one clause.
    where
        The file, line, document or recipe key it was found in.
    remedy
        What the user can do about it.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        message = what if where is None else f"{where}: {what}"
        if remedy is not None:
            message = f"{message}; {remedy}"
        super().__init__(message)


def one_line(text: str) -> str:
    """Return ``text`` with everything escaped that would move a terminal's cursor or its colours.

    Errors and reports quote what files hold, and a file name may hold a line feed.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
