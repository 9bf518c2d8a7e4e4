"""Nothing that lies in the current folder is run, such as a numpy.py in a student's hand-in."""

import subprocess

import pytest
from undrawn import program

HOSTILE = ("numpy", "struct", "pickle", "json", "matplotlib", "reports", "sweep", "joblib", "dask")


@pytest.mark.parametrize(
    "flags",
    [
        ["--jobs", "2"],
        pytest.param(["--engine", "numpy"], marks=pytest.mark.torture),
        ["--runner", "dask", "--jobs", "1"],
    ],
    ids=["threads", "processes", "Dask"],
)
def test_modules_in_the_current_folder_are_not_imported(tmp_path, flags):
    for name in HOSTILE:
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'RAN')!r}, 'a').write('{name}\\n')\n"
        )
    draws = flags == ["--jobs", "2"]  # once is enough
    python, *rest = program(draws="epochs_map" if draws else False)
    question = ["--max-epochs", "50", "--learning-rate", "0.5", "--batch-size", "10,15"]
    command = [python, "-P", *rest, "assignment", *question, *flags]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "RAN").exists(), (tmp_path / "RAN").read_text()
    assert (tmp_path / "runs" / "assignment" / "figures" / "epochs_map.png").exists() == draws
