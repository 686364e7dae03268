"""What jobs are made of: settings that come back, and a bare socket that answers."""

import os
import subprocess

import pytest

from guide.costs import Echo, with_setting, worker_reuse
from guide.costs.settings import batch_size


class Settings(dict):
    """What stands for a session's settings here."""

    def set(self, name: str, value: str) -> None:
        self[name] = value


class Session:
    def __init__(self, **settings: str) -> None:
        self.conf = self._conf = Settings(settings)


def test_a_setting_lasts_for_the_job_and_no_longer():
    session = Session(size="100")
    seen = with_setting(session, "size", 7, lambda: dict(session.conf))()
    assert seen == {"size": "7"}
    assert session.conf == {"size": "100"}


def test_a_setting_comes_back_after_a_job_that_fails():
    session = Session(size="100")
    with pytest.raises(ZeroDivisionError):
        with_setting(session, "size", 7, lambda: 1 / 0)()
    assert session.conf == {"size": "100"}


def test_workers_are_reused_again_afterwards():
    session = Session()
    with worker_reuse(session, False):
        assert session.conf["spark.python.worker.reuse"] == "false"
    assert session.conf["spark.python.worker.reuse"] == "true", "which is the default"


def test_the_size_of_batches_is_what_the_context_decides_by_its_argument():
    from pyspark.serializers import AutoBatchedSerializer, BatchedSerializer, CPickleSerializer

    class Context:
        _unbatched_serializer = CPickleSerializer()
        _batchSize = 0
        serializer = AutoBatchedSerializer(_unbatched_serializer)

    context = Context()
    with batch_size(context, 10):
        assert context._batchSize == 10
        assert type(context.serializer) is BatchedSerializer
        assert context.serializer.batchSize == 10
    assert context._batchSize == 0
    assert context.serializer is Context.serializer
    with batch_size(context, 0):
        assert type(context.serializer) is AutoBatchedSerializer


def test_a_bare_socket_answers_with_the_bytes_that_were_asked_for():
    with Echo(b"c\nabs\ne\n", b"!yi1\n") as echo:
        for _ in range(3):
            echo.round_trip()
        process = echo._process
    assert process.returncode == 0, "it ends with the connection"


def test_a_bare_socket_whose_other_end_has_gone_says_so():
    with Echo(b"ask", b"answer") as echo:
        echo._process.kill()
        echo._process.wait(60)
        with pytest.raises(ConnectionError):
            for _ in range(2):
                echo.round_trip()


def test_the_answering_process_listens_nowhere():
    with Echo(b"ask", b"answer") as echo:
        echo.round_trip()
        import psutil

        listening = [
            one for one in psutil.Process(echo._process.pid).net_connections() if one.status == "LISTEN"
        ]
        assert listening == []
        assert echo._process.pid != os.getpid()
        assert isinstance(echo._process, subprocess.Popen)
