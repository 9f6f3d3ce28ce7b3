"""Many machines: fit, and read, assign and write texts on a Ray cluster, block by block.

Ray (the extra ``ray``) moves the blocks, starts the workers, and repeats the work of a worker that was lost.
A worker holds one block. The driver holds nothing per document in a prediction, and a bounded number of
documents in a fit.

Examples
--------
>>> from topickit.distributed import predict, read_parquet, write_parquet
>>> def label(model, source, target):
...     return write_parquet(predict(model, read_parquet(source), "body", keep=["id"]), target)
"""

from topickit.distributed.fitting import fit
from topickit.distributed.parquet import read_parquet, write_parquet
from topickit.distributed.prediction import predict

__all__ = ["fit", "predict", "read_parquet", "write_parquet"]
