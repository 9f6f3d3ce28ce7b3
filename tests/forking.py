"""What `tests.test_processes` runs, each in a program of its own: ``python -m tests.forking NAME``."""

import multiprocessing
import os
import pickle
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

WORDS = (
    ["onion", "garlic", "butter", "oven", "recipe", "flour", "sauce", "pepper"],
    ["boat", "sail", "wind", "harbour", "anchor", "mast", "rudder", "tide"],
    ["bank", "loan", "interest", "credit", "mortgage", "payment", "invoice", "tax"],
    ["star", "planet", "orbit", "telescope", "galaxy", "comet", "moon", "eclipse"],
)
# Not of tests.conftest: that imports topickit, and a scenario is about a parent without it.
TEXTS = [" ".join([*WORDS[i % 4][: i // 4 % 5], *WORDS[i % 4][::-1][: 2 + i // 20]]) for i in range(120)]
NEW = TEXTS[:10]


def embeddings(n=120):
    """Embeddings around four directions."""
    rng = np.random.default_rng(1)
    return (rng.normal(size=(4, 64))[np.arange(n) % 4] + 0.2 * rng.normal(size=(n, 64))).astype(np.float32)


def use_torch():
    """Start torch's pool of threads, also where there is one processor."""
    import torch

    torch.set_num_threads(4)
    product = torch.randn(1500, 1500) @ torch.randn(1500, 1500)
    assert torch.exp(product.abs().clamp(max=1)).sum() > 0


def in_child(work, *arguments):
    """Return what a function returns, or the exception it raises, in a process made by fork."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            result = work(*arguments)
        except BaseException as error:  # noqa: BLE001 - the parent raises it
            result = error
        with open(writing, "wb") as pipe:
            pickle.dump(result, pipe)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(process, 0)
    assert status == 0, f"the child ended with status {status}"
    return pickle.loads(data)


def in_thread(work, *arguments):
    """Return what a function returns in a new thread, which has ended.

    `join` returns before the system has ended the thread. MKL, which torch contains, gives the memory of the
    thread back then, under a lock that a process forked at this moment inherits and waits for forever.
    """
    results = []
    thread = threading.Thread(target=lambda: results.append(work(*arguments)))
    thread.start()
    thread.join()
    while os.path.exists(f"/proc/self/task/{thread.native_id}"):
        time.sleep(0.01)
    return results[0]


def labels_of(clusterer):
    from topickit import TopicModel

    return TopicModel(clusterer=clusterer).fit(TEXTS, embeddings=embeddings()).labels_.tolist()


def prefork_server():
    """A server that loads its model before it forks, as gunicorn does with --preload."""
    from sentence_transformers import SentenceTransformer

    from topickit import TopicModel
    from topickit.embed.models.weights import locate

    model = TopicModel("all-MiniLM-L6-v2").fit(TEXTS)
    use_torch()
    expected = model.predict(NEW).tolist()
    own = TopicModel(SentenceTransformer(str(locate("all-MiniLM-L6-v2")), device="cpu")).fit(TEXTS)

    def serve():
        answers = [work(NEW) for work in (model.predict, own.predict)]
        answers += [in_thread(model.predict, NEW), in_child(model.predict, NEW)]  # a worker may fork, too
        return np.array(answers).tolist()

    for _ in range(2):
        assert in_child(serve) == [expected] * 4
    hybrid = in_child(lambda: TopicModel("hybrid").fit(TEXTS).labels_.tolist())
    assert len(hybrid) == len(TEXTS), hybrid
    assert model.predict(NEW).tolist() == expected


def prefork_pool():
    """A pool of workers that fork after the parent has used torch, as those of Celery do."""
    from topickit import TopicModel

    use_torch()
    names = ["graph", "kmeans", "agglomerative", "community"]
    expected = [labels_of(name) for name in names]
    lexical = TopicModel("lexical").fit(TEXTS)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        answers = pool.map(labels_of, names)
        answers.append(pool.apply(lexical.predict, [TEXTS]).tolist())
        answers.append(pool.apply(_with_torch_device))
    assert answers == [*expected, lexical.labels_.tolist(), _with_torch_device()]


def _with_torch_device():
    from topickit import TopicModel

    given = np.tile(embeddings(), (20, 1)) + np.arange(2400, dtype=np.float32)[:, None] * 1e-6
    texts = [f"{text} {i}" for i, text in enumerate(TEXTS * 20)]
    model = TopicModel(device="cpu").fit(texts, embeddings=given)
    return model.predict(texts[:100], embeddings=given[:100]).tolist()


def parallel_numba():
    """UMAP of the parent has started numba's threads, which end a forked process that uses them."""
    from topickit import DensityClusterer, TopicModel
    from topickit.errors import ProcessError

    given = embeddings()
    model = TopicModel(clusterer=DensityClusterer(min_cluster_size=10)).fit(TEXTS, embeddings=given)
    start_numba()
    pool = sys.modules["numba.np.ufunc.omppool"]

    def fit():
        return model.fit(TEXTS, embeddings=given).labels_.tolist()

    assert in_child(fit) == model.labels_.tolist()
    assert in_child(in_thread, fit) == model.labels_.tolist()
    assert in_child(in_child, fit) == model.labels_.tolist()
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(TEXTS, embeddings=given).tolist() == model.labels_.tolist()
    del pool.launch_threads  # as if this numba did not let itself be started again
    error = in_child(fit)
    assert type(error) is ProcessError, error
    assert "forkserver" in str(error)


def start_numba():
    import numba

    @numba.njit(parallel=True)
    def total(values):
        result = 0.0
        for i in numba.prange(len(values)):
            result += values[i]
        return result

    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert total(np.ones(1000)) == 1000


def imported_after_fork():
    """Torch is used by the parent, topickit only by the child."""
    use_torch()
    assert "topickit" not in sys.modules
    assert len(in_child(_with_torch_device)) == 100


def polars_pool():
    """Polars cannot be used once its pool was copied by a fork: an error, not a wait."""
    import polars as pl

    from topickit import TopicModel
    from topickit.errors import ProcessError

    model = TopicModel("lexical").fit(TEXTS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.csv"
        path.write_text("text\n" + "\n".join(f'"{text}"' for text in TEXTS))

        def read():
            return model.predict(path).tolist()

        assert in_child(read) == model.labels_.tolist()  # imported, but not used yet
        assert read() == model.labels_.tolist()
        for child in (in_child(read), in_child(in_child, read)):
            assert type(child) is ProcessError, child
            assert "texts.csv" in str(child)
    column = pl.Series(TEXTS)
    assert in_child(model.predict, column).tolist() == model.labels_.tolist()


def import_under_way():
    """A fork waits for an import in another thread, whose lock nobody would give back."""
    from topickit._core import processes

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "slow_to_import.py").write_text("import time; time.sleep(1); done = True")
        sys.path.insert(0, folder)
        processes.import_aside("slow_to_import")
        assert in_child(lambda: __import__("slow_to_import").done) is True


def progress_display():
    """A bar of the parent, whose lock another thread may hold, is none of the child's."""
    from topickit._core import progress

    def draw(inherited):
        inherited.advance(1)
        with progress.stage("Child", 2, show=True) as stage:
            stage.advance(2)
        return stage.done

    with progress.stage("Parent", 3, show=True) as stage, progress._Bar._lock:
        assert in_child(draw, stage) == 2
    assert progress._Bar._display is None


def start_methods():
    """Models go to processes that are started in any way."""
    from joblib import Parallel, delayed

    from topickit import TopicModel

    given = embeddings()
    models = [TopicModel("lexical").fit(TEXTS), TopicModel(clusterer="kmeans").fit(TEXTS, embeddings=given)]
    expected = [model.labels_.tolist() for model in models]
    for method in ("fork", "forkserver", "spawn"):
        context = multiprocessing.get_context(method)
        context.set_forkserver_preload(["topickit.model"])
        if method != "spawn":
            with ProcessPoolExecutor(1, mp_context=context) as executor:
                calls = [executor.submit(predict, model, given) for model in models]
                assert [call.result() for call in calls] == expected, method
        queue = context.SimpleQueue()
        process = context.Process(target=put_labels, args=(queue, models[0]))
        process.start()
        assert queue.get() == expected[0], method
        process.join()
    assert Parallel(2)(delayed(predict)(model, given) for model in models) == expected


def predict(model, given):
    """Embeddings are passed to models that were fitted on such."""
    is_lexical = model.embedder == "lexical"
    return model.predict(TEXTS, embeddings=None if is_lexical else given).tolist()


def put_labels(queue, model):
    queue.put(model.predict(TEXTS).tolist())


SCENARIOS = {
    work.__name__: work
    for work in (
        prefork_server,
        prefork_pool,
        parallel_numba,
        imported_after_fork,
        polars_pool,
        import_under_way,
        progress_display,
        start_methods,
    )
}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]]()
