"""Errors a user can fix: one line with what is wrong, where, and how to fix it."""


class RmplError(Exception):
    """A mistake in the input or the environment, not in the program.

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
    """Return ``text`` with control characters escaped, so that it prints as one line.

    Errors and reports quote file contents, and a file name may contain a line feed.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
