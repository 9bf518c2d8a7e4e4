"""One process that trains, seen from its parent and from inside.

It gets its packs from standard input and dies when that is closed, be it by the death of its
parent. It is in a session of its own, so that Ctrl-C reaches the parent alone.
"""

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from sweep.errors import SweepError
from sweep.packs import run_pack
from sweep.trial import Trial, TrialResult

_BLAS_THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"),
)


class WorkerDied(Exception):  # noqa: N818 - it is data
    """A process is dead; the message says of what."""


class WorkerProcess:
    """A process that trains, seen from its parent.

    Parameters
    ----------
    job : bytes
        The pickled objective and signals.

    Attributes
    ----------
    began : bool
        Whether it got as far as to train.
    """

    def __init__(self, job: bytes) -> None:
        self.began = False
        environment = {
            **os.environ,
            **dict.fromkeys(_BLAS_THREADS, "1"),
            "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sweep.runners.worker_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # on Windows
        )
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)
        self._job = job

    def train(self, pack: list[Trial]) -> Iterator[tuple[Trial, TrialResult]]:
        """Have a pack trained, and give each outcome as soon as it is there.

        Raises
        ------
        WorkerDied
            Whenever it is dead; what was given before is good.
        SweepError
            If it can't begin, say because it can't import the objective.
        """
        try:
            if not self.began:
                self._begin()
            self._say(pack)
            while (finished := self._hear()) is not None:
                yield finished
        except (OSError, EOFError, pickle.UnpicklingError):
            raise WorkerDied(self._ending()) from None

    def _begin(self) -> None:
        self._say(self._job)
        problem = self._hear()
        if problem is not None:
            raise SweepError(f"a worker process can't begin to train: {problem}")
        self.began = True

    def _say(self, content: object) -> None:
        pickle.dump(content, self._requests)
        self._requests.flush()

    def _hear(self) -> Any:
        return pickle.load(self._answers)  # noqa: S301 - from our own process

    def _ending(self) -> str:
        """Say how the process ended."""
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it fell silent"
        try:
            return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        except ValueError:
            return f"killed by signal {-code}"

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self) -> None:
        """End it, and what leads to it; only the thread that serves it may."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):  # it died with words on their way
            self._requests.close()
        self._answers.close()


# ---- the process, seen from inside ----------------------------------------------------------


def _work(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Train one pack after the other."""
    received: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, received), daemon=True).start()

    def answer(content: object) -> None:
        pickle.dump(content, answers)
        answers.flush()

    try:
        objective, signals = pickle.loads(received.get())  # noqa: S301 - from our own parent
    except Exception as error:
        answer(f"{type(error).__name__}: {error}")
        return
    answer(None)
    while True:
        run_pack(objective, received.get(), signals, lambda *finished: answer(finished))
        answer(None)


def _receive(requests: IO[bytes], received: "queue.SimpleQueue[Any]") -> None:
    """Take what the parent says, and end at once when it can say no more."""
    while True:
        try:
            received.put(pickle.load(requests))  # noqa: S301 - from our own parent
        except (OSError, EOFError, pickle.UnpicklingError):
            os._exit(0)


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anyone prints is no answer
    _work(sys.stdin.buffer, answers)
