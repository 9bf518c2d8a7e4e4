"""The one sentence that bad input gets: on one line, without passwords and control characters.

It quotes what was given, which may hold a password in the wrong place, by a slip, or characters
that a terminal takes for commands.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

_LONGEST = 1000
_SHORTEST = 4  # letters of a password that may not stand by itself either
_PASSWORDS = re.compile(
    r":/{1,3}[^/@\s:]*:(?P<url>.{1,300})@|[?&]\w*password=(?P<query>[^&]+)", re.I
)


def sentence(message: str, arguments: Sequence[str]) -> str:
    """Return a message about a command line, any password in its words replaced by ``***``."""
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
