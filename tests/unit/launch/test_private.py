"""Private folders go with their process, or with the next one."""

import subprocess
import sys
from pathlib import Path

CODE = "from sparkwire.launch.private import private_folder; print(private_folder(), flush=True)"


def run(folder: Path, root: Path, then: str = "") -> Path:
    done = subprocess.run(
        [sys.executable, "-c", CODE + then],
        env={"TMPDIR": str(folder), "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(done.stdout.strip())


def test_a_folder_is_removed_when_its_process_ends(tmp_path: Path, root: Path) -> None:
    assert run(tmp_path, root).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path, root: Path) -> None:
    left = run(tmp_path, root, "; import os; os.kill(os.getpid(), 9)")
    assert left.is_dir()
    assert left.stat().st_mode & 0o077 == 0
    other = tmp_path / "sparkwire-notes"
    other.mkdir()
    run(tmp_path, root)
    assert list(tmp_path.iterdir()) == [other]
