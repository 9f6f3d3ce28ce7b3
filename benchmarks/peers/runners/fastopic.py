"""FASTopic with its defaults and the number of topics given."""

import random
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import sentence_transformers  # noqa: F401 (before the stand-in below, which it would look into)
import torch

from benchmarks.peers.protocol import TOP_WORDS, Found, Labels, ReadyVectors, Vectors, Work, main

# topmost needs torchvision for one function, which downloads data sets and is not used here; a torchvision
# that fits a torch without GPU libraries is not among the packages that pip finds everywhere.
_STAND_INS = ("torchvision", "torchvision.datasets", "torchvision.datasets.utils")
sys.modules |= {name: ModuleType(name) for name in _STAND_INS}
sys.modules[_STAND_INS[-1]].download_url = None  # type: ignore[attr-defined]
from fastopic import FASTopic as Model  # noqa: E402
from topmost import Preprocess  # noqa: E402

for _name in _STAND_INS:
    del sys.modules[_name]


class Words:
    """A tokenizer for languages that the package's own, of ASCII letters, does not serve."""

    def __init__(self, stop_words: list[str]) -> None:
        self.stop_words = frozenset(stop_words)

    def tokenize(self, text: str) -> list[str]:
        """Words of two characters or more."""
        return [word for word in re.findall(r"\w\w+", text.lower()) if word not in self.stop_words]

    def __call__(self, text: str) -> list[str]:
        """Tokenize."""
        return self.tokenize(text)


class FASTopic:
    """A document's label is its largest weight."""

    def __init__(self, work: Work) -> None:
        self.work = work
        stop_words, seed = work.settings.stop_words, work.settings.seed
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 (the package draws from the global generators)
        torch.manual_seed(seed)
        other: dict[str, Any] = {} if stop_words is None else {"tokenizer": Words(stop_words)}
        preprocess = Preprocess(verbose=False, **other)
        self.model = Model(work.settings.n_topics, preprocess=preprocess, doc_embed_model=ReadyVectors(work))

    def warm(self) -> None:
        """Nothing is compiled."""

    def fit(self) -> Found:
        """Train for its 200 epochs."""
        self.model.fit_transform(self.work.texts, preset_doc_embeddings=self.work.vectors)
        words = [line.split() for line in self.model.get_top_words(TOP_WORDS)]
        return Found.of(self.model.train_theta.argmax(axis=1), words)

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Transform."""
        return self.model.transform(doc_embeddings=torch.as_tensor(vectors)).argmax(axis=1)

    def reload(self, folder: Path) -> "FASTopic":
        """As its documentation says."""
        path = folder.with_suffix(".zip")
        self.model.save(str(path))
        loaded = FASTopic(self.work)
        loaded.model = Model.from_pretrained(str(path))
        return loaded


if __name__ == "__main__":
    main({"fastopic": FASTopic})
