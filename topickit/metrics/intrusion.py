"""Tests of topics on people: word and document intrusion, and pairs of topic lists for blind reading.

The tasks go into a CSV file without their solutions, readers write answers into it, and `score` compares.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from topickit._core.display import clip, one_line
from topickit.errors import InputError, ParameterError, check_whole

N_WORDS = 5
N_DOCUMENTS = 3
MAX_CHARACTERS = 300
"""Of each document that a task shows."""
FREQUENT = 5
"""An intruder is among so many of the best words of its own topic."""
ANSWER = "answer"


@dataclass(frozen=True)
class IntrusionTask:
    """One question for a reader.

    Attributes
    ----------
    kind : str
        "word", "document" or "list".
    topic : int
        Id of the topic; −1 for a pair of lists.
    options : tuple of str
        What the reader chooses from, shuffled.
    solution : int
        Position of the intruder, or of the first of two lists, from 1.

    Examples
    --------
    >>> task = IntrusionTask("word", 0, ("boat", "bank", "sail"), 2)
    >>> task.options[task.solution - 1]
    'bank'
    """

    kind: str
    topic: int
    options: tuple[str, ...]
    solution: int = field(repr=False)


@dataclass(frozen=True)
class IntrusionScore:
    """How often readers found what they were asked for.

    Attributes
    ----------
    precision : float
        Share of right answers; of pairs of lists, the share that prefers the first model. NaN without any.
    low, high : float
        Exact 95 % confidence interval (Clopper and Pearson 1934).
    chance : float
        Expected share of guesses.
    n : int
        Number of answers.

    Examples
    --------
    >>> score = IntrusionScore.of(8, 10, chance=1 / 6)
    >>> round(score.precision, 2), round(score.low, 2), round(score.high, 2)
    (0.8, 0.44, 0.97)
    """

    precision: float
    low: float
    high: float
    chance: float
    n: int

    @classmethod
    def of(cls, n_right: int, n: int, *, chance: float) -> "IntrusionScore":
        """Compute the share of right answers, and its interval.

        Parameters
        ----------
        n_right, n : int
            Right answers, and all answers.
        chance : float
            Expected share of guesses.

        Returns
        -------
        IntrusionScore
        """
        if not n:
            return cls(float("nan"), 0.0, 1.0, chance, 0)
        from scipy.stats import binomtest

        interval = binomtest(n_right, n).proportion_ci(0.95, method="exact")
        return cls(n_right / n, float(interval.low), float(interval.high), chance, n)


@dataclass(frozen=True)
class IntrusionTasks:
    """The questions of `intrusion`, in the order in which a reader gets them.

    Attributes
    ----------
    tasks : tuple of IntrusionTask

    Examples
    --------
    >>> tasks = IntrusionTasks((IntrusionTask("word", 0, ("boat", "bank", "sail"), 2),))
    >>> print(tasks.to_csv())
    task,kind,option 1,option 2,option 3,answer
    1,word,boat,bank,sail,
    <BLANKLINE>
    >>> tasks.score([2])["word"].precision
    1.0
    """

    tasks: tuple[IntrusionTask, ...]

    def to_csv(self) -> str:
        """Write the questions without their solutions, for readers to fill in the last column.

        Returns
        -------
        str
            Columns task, kind, option 1, option 2, …, answer.
        """
        n_options = max((len(task.options) for task in self.tasks), default=0)
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["task", "kind", *(f"option {i + 1}" for i in range(n_options)), ANSWER])
        for number, task in enumerate(self.tasks, 1):
            options = [_safe(option) for option in task.options]
            table.writerow([number, task.kind, *options, *[""] * (n_options - len(options)), ""])
        return out.getvalue()

    def score(self, answers: str | Sequence[int | str | None]) -> dict[str, IntrusionScore]:
        """Score the answers of a reader.

        Parameters
        ----------
        answers : str, or sequence of int, str or None
            The CSV that `to_csv` wrote, with answers, its rows in any order; or one answer for each task. An
            answer is the number of an option. None or a blank is left out.

        Returns
        -------
        dict of str to IntrusionScore
            By kind: "word", "document" and "list", as far as there are such tasks.

        Raises
        ------
        InputError
            When an answer is no option, a task is answered twice, or the number of answers is wrong.
        """
        chosen = self._from_csv(answers) if isinstance(answers, str) else self._checked(answers)
        result = {}
        for kind in dict.fromkeys(task.kind for task in self.tasks):
            of_kind = [(t, chosen[i]) for i, t in enumerate(self.tasks) if t.kind == kind and i in chosen]
            right = sum(answer == task.solution for task, answer in of_kind)
            n_options = next(len(task.options) for task in self.tasks if task.kind == kind)
            result[kind] = IntrusionScore.of(right, len(of_kind), chance=1 / n_options)
        return result

    def _from_csv(self, text: str) -> dict[int, int]:
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
        if rows and not {"task", ANSWER} <= set(rows[0]):
            raise InputError(f"the answers have no columns 'task' and {ANSWER!r}, but {list(rows[0])}")
        found: dict[int, Any] = {}
        for line, row in enumerate(rows, 2):
            number = str(row["task"]).strip()
            if not number.isdecimal() or not 1 <= int(number) <= len(self.tasks):
                raise InputError(
                    f"line {line}: there is no task {number!r}; tasks are 1 to {len(self.tasks)}"
                )
            if int(number) in found:
                raise InputError(
                    f"line {line}: task {number} is answered twice; give each reader's file alone"
                )
            found[int(number)] = row[ANSWER]
        return self._checked([found.get(number) for number in range(1, len(self.tasks) + 1)])

    def _checked(self, answers: Iterable[int | str | None]) -> dict[int, int]:
        values = list(answers)
        if len(values) != len(self.tasks):
            raise InputError(f"there are {len(self.tasks)} tasks, but {len(values)} answers")
        result = {}
        for place, (value, task) in enumerate(zip(values, self.tasks, strict=True)):
            text = "" if value is None else str(value).strip()
            if not text:
                continue
            if not text.isdecimal() or not 1 <= int(text) <= len(task.options):
                raise InputError(
                    f"task {place + 1}: the answer must be 1 to {len(task.options)}, got {value!r}; leave it "
                    "blank if unknown"
                )
            result[place] = int(text)
        return result


def intrusion(
    model: Any, other: Any = None, *, n_tasks: int | None = None, random_state: int = 0
) -> IntrusionTasks:
    """Make tasks by which people judge the topics of a model.

    A *word* task shows five keywords of a topic and one of another topic, which the reader has to find; a
    *document* task shows three representative documents and one of another topic. Readers find intruders
    in topics that make sense. With a second model, *list* tasks show one topic list of each, side by side,
    without saying whose is whose; the reader chooses the better one.

    Parameters
    ----------
    model : TopicModel
        A fitted model. Topics with fewer than five keywords get no word task, and those with fewer than
        three representative documents no document task.
    other : TopicModel, optional
        A model of the same documents to compare with.
    n_tasks : int, optional
        Number of tasks of each kind. Default: one for each topic.
    random_state : int, default 0
        Seed of the choice of intruders and of all orders.

    Returns
    -------
    IntrusionTasks
        Word tasks, then document tasks, then pairs of lists.

    Raises
    ------
    InputError
        When the model has fewer than two topics.
    ParameterError, ParameterTypeError
        When `n_tasks` cannot be used.

    References
    ----------
    Chang, Boyd-Graber, Gerrish, Wang and Blei, "Reading Tea Leaves: How Humans Interpret Topic Models",
    NeurIPS 2009.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple pie tart", "green apple pie jam", "fast red car race", "slow car road race"] * 3
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> intrusion(model).tasks[0].kind
    'word'
    """
    topics = list(model.topics_)
    if len(topics) < 2:
        raise InputError(f"an intruder comes from another topic; the model has {len(topics)} topics")
    if n_tasks is not None:
        check_whole("n_tasks", n_tasks, 1)
    rng = np.random.default_rng(random_state)
    words = {topic.id: topic.words for topic in topics}
    documents = {
        topic.id: tuple(clip(one_line(text), MAX_CHARACTERS) for text in topic.representative_documents)
        for topic in topics
    }
    tasks = _of_kind("word", words, N_WORDS, n_tasks, rng)
    tasks += _of_kind("document", documents, N_DOCUMENTS, n_tasks, rng)
    if other is not None:
        tasks += _pairs(_lists(model), _lists(other), n_tasks, rng)
    if not tasks:
        raise InputError("no topic has enough keywords or documents for a task")
    return IntrusionTasks(tuple(tasks))


def _of_kind(
    kind: str,
    listed: Mapping[int, tuple[str, ...]],
    n_own: int,
    n_tasks: int | None,
    rng: np.random.Generator,
) -> list[IntrusionTask]:
    """Mix the best of a topic with one of the best of another topic."""
    usable = [topic for topic, options in listed.items() if len(options) >= n_own]
    chosen = rng.permutation(usable)[: len(usable) if n_tasks is None else n_tasks].tolist()
    tasks = []
    for topic in chosen:
        own = listed[topic][:n_own]
        # Chang et al.: frequent in another topic, and improbable in this one.
        strangers = [
            option
            for number, options in listed.items()
            if number != topic
            for option in options[:FREQUENT]
            if option.casefold() not in {word.casefold() for word in listed[topic]}
        ]
        if strangers:
            options = [*own, strangers[int(rng.integers(len(strangers)))]]
            order = rng.permutation(len(options)).tolist()
            shuffled = tuple(options[place] for place in order)
            tasks.append(IntrusionTask(kind, int(topic), shuffled, order.index(n_own) + 1))
    return tasks


def _lists(model: Any) -> str:
    return "; ".join(", ".join(topic.words[:N_WORDS]) for topic in model.topics_)


def _pairs(first: str, second: str, n_tasks: int | None, rng: np.random.Generator) -> list[IntrusionTask]:
    """Show two lists in random order; several pairs differ in the order only, for several readers."""
    if first == second:
        raise ParameterError("other must have other topics: both lists are the same")
    tasks = []
    for _ in range(n_tasks or 1):
        swapped = bool(rng.integers(2))
        tasks.append(
            IntrusionTask("list", -1, (second, first) if swapped else (first, second), 2 if swapped else 1)
        )
    return tasks


def _safe(text: str) -> str:
    """Keep a spreadsheet from reading a cell as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
