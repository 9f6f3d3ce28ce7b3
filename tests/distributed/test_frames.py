"""The function of the guide "On a cluster" with PySpark and Dask: the labels of one process."""

import shutil

import pandas as pd
import pytest


def assigner_of(folder: str):
    """Return the guide's function; within, so that it travels to other processes by value."""

    def assign(batches):
        from topickit import TopicModel

        model = TopicModel.load(folder)
        for frame in batches:
            found = model.assign(frame["text"], probabilities=False, missing="blank")
            yield frame.assign(topic=found.labels, similarity=found.similarity)

    return assign


@pytest.mark.filterwarnings("default")
def test_pyspark(many, lexical, tmp_path, monkeypatch):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("PySpark needs Java, and there is none")
    lexical.save(tmp_path / "model")
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    spark = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = spark.createDataFrame(pd.DataFrame({"text": many[:500]})).repartition(3)
        schema = "text string, topic long, similarity float"
        labelled = frame.mapInPandas(assigner_of(str(tmp_path / "model")), schema=schema).toPandas()
    finally:
        spark.stop()
    expected = dict(zip(many[:500], lexical.predict(many[:500]).tolist(), strict=True))
    assert len(labelled) == 500
    assert labelled["topic"].tolist() == [expected[text] for text in labelled["text"]]


def test_dask(many, lexical, tmp_path):
    dask = pytest.importorskip("dask.dataframe", reason="dask is not installed")
    lexical.save(tmp_path / "model")
    assign = assigner_of(str(tmp_path / "model"))
    frame = dask.from_pandas(pd.DataFrame({"text": many[:500]}), npartitions=3)
    meta = {"text": "object", "topic": "int64", "similarity": "float32"}
    labelled = frame.map_partitions(lambda part: next(assign([part])), meta=meta).compute()
    assert labelled["topic"].tolist() == lexical.predict(many[:500]).tolist()
