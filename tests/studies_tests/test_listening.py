"""Nothing listens on the network; of Dask, which must, `sweep_tests/test_dask_runner.py` tells."""

import psutil
import pytest
from studies_tests.test_interruptions import LONG, NUMPY, sweep, wait_for_first_line


def listening(process):
    """Return the addresses at which a process and all that it started wait for somebody."""
    family = [process, *process.children(recursive=True)]
    return {
        connection.laddr.ip
        for member in family
        for connection in member.net_connections("inet")
        if connection.status in (psutil.CONN_LISTEN, psutil.CONN_NONE) and not connection.raddr
    }


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(LONG, id="threads", marks=pytest.mark.torture),
        pytest.param(NUMPY, id="processes"),
        pytest.param([*LONG, "--runner", "optuna", "--jobs", "2"], id="Optuna"),
    ],
)
def test_a_sweep_listens_nowhere(start, tmp_path, arguments):
    process = start(*sweep(tmp_path / "run", *arguments), draws=arguments is LONG and "epochs_map")
    wait_for_first_line(process)
    assert listening(psutil.Process(process.pid)) == set()


def test_one_that_listens_everywhere_would_be_seen(tmp_path):
    import socket

    with socket.create_server(("0.0.0.0", 0)):  # noqa: S104 - for a moment
        assert "0.0.0.0" in listening(psutil.Process())  # noqa: S104
