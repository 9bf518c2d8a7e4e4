"""A worker process for toys: ``python -m sweep_tests.toy_worker STORAGE STUDY [JOBS]``."""

import sys

from sweep_tests.toy import Toy

from sweep.errors import Interrupted
from sweep.optuna import study as shared
from sweep.optuna.storage import StudyStorage
from sweep.optuna.worker import work

if __name__ == "__main__":
    storage, study, *jobs = sys.argv[1:]
    shared.POLL = 0.05
    try:
        work(
            StudyStorage.of_url(storage),
            study,
            Toy.from_description,
            jobs=int(jobs[0]) if jobs else 1,
            heartbeat=1,
            patience=60,
            say=lambda line: sys.stderr.write(f"{line}\n"),
        )
    except Interrupted:
        sys.exit(130)
