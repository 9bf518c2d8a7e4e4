"""Many small cases of one kind are one test, which names all that fail."""

import inspect

import pytest


def each_of(names, cases):
    """Call a test with each of some cases, as `pytest.mark.parametrize` does, but as one test.

    Its fixtures are the same for all cases.
    """
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    cases = list(cases)
    assert cases

    def decorate(test):
        def all_of_them(**fixtures):
            failures = []
            for case in cases:
                values = case if len(names) > 1 else [case]
                try:
                    test(**fixtures, **dict(zip(names, values, strict=True)))
                except (Exception, pytest.fail.Exception) as failure:
                    failure.add_note(f"Case: {dict(zip(names, values, strict=True))}")
                    failures.append(failure)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(cases)} cases", failures)

        signature = inspect.signature(test)
        others = [p for name, p in signature.parameters.items() if name not in names]
        all_of_them.__signature__ = signature.replace(parameters=others)
        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(all_of_them, name, getattr(test, name))
        all_of_them.pytestmark = getattr(test, "pytestmark", [])
        return all_of_them

    return decorate
