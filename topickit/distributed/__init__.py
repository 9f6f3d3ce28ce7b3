"""Many machines: read, assign and write the texts of a Ray cluster, block by block.

Ray (the extra ``ray``) moves the blocks, starts the workers, and repeats the work of a worker that was lost.
A worker holds one block. The driver holds nothing per document.

Examples
--------
>>> from topickit.distributed import predict, read_parquet, write_parquet
>>> def label(model, source, target):
...     return write_parquet(predict(model, read_parquet(source), "body", keep=["id"]), target)
"""

from topickit.distributed.parquet import read_parquet, write_parquet
from topickit.distributed.prediction import predict

__all__ = ["predict", "read_parquet", "write_parquet"]
