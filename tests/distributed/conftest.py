"""A real Ray cluster of two nodes on this machine."""

import os

import polars as pl
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel

N = 3000


@pytest.fixture(scope="package")
def ray_cluster():
    ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    from ray.cluster_utils import Cluster
    from ray.data import DataContext

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_BACKEND_LOG_LEVEL", "fatal")
        patch.setenv("PYTHONPATH", os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")]))
        cluster = Cluster()
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=300 << 20, include_dashboard=False)
        ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False)
        DataContext.get_current()  # warns of itself once, which pytest.warns would raise again
        yield ray
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(scope="session")
def many() -> list[str]:
    """Texts of four subjects; some occur twice, and one is blank."""
    texts = make_corpus(N - 101)[0]
    return [*texts, *texts[:100], " "]


@pytest.fixture(scope="session")
def lexical(many) -> TopicModel:
    return TopicModel("lexical", n_topics=4).fit(many)


@pytest.fixture
def write_files(tmp_path):
    """Write a table into Parquet files of a number of row groups."""

    def write(columns, n_files=3, rows_per_group=400):
        frame = pl.DataFrame(columns)
        folder = tmp_path / f"files{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        size = -(-len(frame) // n_files)
        for number in range(n_files):
            part = frame[number * size : (number + 1) * size]
            part.write_parquet(folder / f"{number}.parquet", row_group_size=rows_per_group)
        return folder

    return write
