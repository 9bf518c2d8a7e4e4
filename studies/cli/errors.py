"""The one sentence that bad input gets: on one line, and with nothing in it that should not be.

Whatever was given is in it, and that may hold a password, in the wrong place by a slip; or signs
that a terminal takes for commands.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

_LONGEST = 1000
_SHORTEST = 4  # letters of a password that may not stand by itself either
_PASSWORDS = re.compile(r":/{1,3}[^/@\s:]*:(?P<url>.+)@|[?&]\w*password=(?P<query>[^&]+)", re.I)


def sentence(message: str, arguments: Sequence[str]) -> str:
    """Return what may be shown of a message about a command line.

    Parameters
    ----------
    message : str
    arguments : sequence of str
        The command line; a password in any of its words is replaced by ``***``.
    """
    for secret in sorted(set(_secrets(arguments)), key=len, reverse=True):
        message = message.replace(f":{secret}@", ":***@").replace(f"={secret}", "=***")
        if len(secret) >= _SHORTEST:
            message = message.replace(secret, "***")
    line = " ".join(message.split())
    safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    return safe if len(safe) <= _LONGEST else f"{safe[: _LONGEST // 2]} … {safe[-_LONGEST // 2 :]}"


def _secrets(arguments: Sequence[str]) -> Iterator[str]:
    for word in arguments:
        for found in _PASSWORDS.finditer(word):
            secret = found["url"] or found["query"]
            yield from (secret, unquote(secret), ascii(secret)[1:-1])
