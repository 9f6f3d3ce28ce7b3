"""A client for language models that names topics, group by group."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from topickit._core.optional import require
from topickit.errors import ParameterError, ParameterTypeError, check_whole
from topickit.fitted.naming import NamingPrompt, naming_groups
from topickit.naming.journal import Journal
from topickit.naming.requests import read_names, request_text

ROUNDS = 3
"""Requests for one topic, where an answer lacks its name or gives it that of another topic."""
GIVE_UP_AFTER = 3
"""Requests that fail in a row, each with its retries, after which nothing more is asked."""
BYTES_PER_TOKEN = 4
"""Of UTF-8; for English text and common tokenizers within a fifth."""
TOKENS_PER_NAME = 12
PROTOCOL_TOKENS = 10
"""Of a request, for the roles of its messages."""

Groups = Sequence[Sequence[NamingPrompt]]
Answers = dict[int, str | Exception]


class AnswerError(Exception):
    """An answer that gives no name: another one may."""


class DuplicateError(AnswerError):
    """An answer that gives a topic the name of another."""

    def __init__(self, name: str) -> None:
        super().__init__(f"another topic is named {name!r}, too")
        self.name = name


class RefusedError(Exception):
    """A refusal: the same request would be refused again."""


class EndpointError(Exception):
    """A request that failed, with all its retries."""


@dataclass(frozen=True)
class NamingEstimate:
    """What naming the topics of a model will send and receive.

    Attributes
    ----------
    prompts : tuple of str
        The requests, word for word.
    n_topics : int
        Topics to name.
    input_tokens : int
        About how many tokens are sent: a quarter of the bytes.
    output_tokens : int
        About how many are received; models that reason before they answer use more.

    Examples
    --------
    >>> estimate = NamingEstimate(("Name …",), n_topics=1, input_tokens=2000, output_tokens=500)
    >>> estimate.cost(input_price=0.5, output_price=2.0)
    0.002
    """

    prompts: tuple[str, ...] = field(repr=False)
    n_topics: int
    input_tokens: int
    output_tokens: int

    def cost(self, *, input_price: float, output_price: float) -> float:
        """Return the estimated cost.

        Parameters
        ----------
        input_price, output_price : float
            Price of a million tokens that are sent, and received, in any currency.

        Returns
        -------
        float
        """
        return (self.input_tokens * input_price + self.output_tokens * output_price) / 1e6


@dataclass(frozen=True)
class ChatNaming:
    """A naming function that asks a language model; see `chat`, which makes it.

    Attributes
    ----------
    model : str
        Name of the model.
    base_url : str or None
        Address of the endpoint.
    concurrency : int
        Requests at the same time.
    timeout : float
        Seconds until a request counts as failed.
    max_retries : int
        Repetitions of a request that fails.
    max_tokens : int or None
        Bound of an answer.
    journal : path or None
        File of the names that came.
    key_variable : str
        Environment variable of the key.

    Examples
    --------
    >>> ChatNaming("gpt-4o-mini").concurrency
    4
    """

    model: str
    base_url: str | None = None
    concurrency: int = 4
    timeout: float = 60.0
    max_retries: int = 4
    max_tokens: int | None = None
    journal: Path | None = None
    key_variable: str = "OPENAI_API_KEY"

    def estimate(self, model: Any, *, send_texts: bool = False) -> NamingEstimate:
        """Write the requests for the topics of a model, without sending any.

        Parameters
        ----------
        model : TopicModel
            A fitted model.
        send_texts : bool, default False
            Put the beginnings of representative documents into the requests.

        Returns
        -------
        NamingEstimate
            Without the topics whose names are in the journal.
        """
        groups = naming_groups(model._fitted(), send_texts=send_texts)
        journal = Journal(self.journal, self.model)
        groups = [[prompt for prompt in group if journal.name(prompt) is None] for group in groups]
        texts = tuple(request_text(group) for group in groups if group)
        n_topics = sum(map(len, groups))
        sent = sum(math.ceil(len(text.encode()) / BYTES_PER_TOKEN) + PROTOCOL_TOKENS for text in texts)
        return NamingEstimate(texts, n_topics, sent, n_topics * TOKENS_PER_NAME)

    def name_groups(self, groups: Groups, /) -> Iterator[tuple[int, object]]:
        """Ask for the names of groups of similar topics, several groups at a time.

        Parameters
        ----------
        groups : sequence of sequences of NamingPrompt
            Similar topics in one group.

        Yields
        ------
        (int, str or Exception)
            Id of each topic with its name, or the reason for which it has none.

        Raises
        ------
        InputError
            When the journal cannot be read or written.
        MissingPackageError
            When the package ``openai`` is missing.
        """
        journal = Journal(self.journal, self.model)
        names: dict[int, str] = {}
        for prompt in (prompt for group in groups for prompt in group):
            if (known := journal.name(prompt)) is not None:
                names[prompt.topic] = known
        yield from list(names.items())
        client = _Client(self)
        failed: dict[int, Exception] = {}
        try:
            for number in range(ROUNDS):
                waiting = _waiting(groups, names, failed, alone=number > 0)
                for prompts, answers in _in_parallel(client.ask, waiting, self.concurrency):
                    for prompt in prompts:
                        result = _checked(answers[prompt.topic], names)
                        if isinstance(result, DuplicateError) and number == ROUNDS - 1:
                            result = _told_apart(result.name, prompt)
                        if isinstance(result, Exception):
                            failed[prompt.topic] = result
                            continue
                        names[prompt.topic] = result
                        failed.pop(prompt.topic, None)
                        journal.add(prompt, result)
                        yield prompt.topic, result
        finally:
            client.stop()
        yield from failed.items()


def chat(
    model: str,
    *,
    base_url: str | None = None,
    concurrency: int = 4,
    timeout: float = 60.0,
    max_retries: int = 4,
    max_tokens: int | None = None,
    journal: str | os.PathLike[str] | None = None,
    key_variable: str = "OPENAI_API_KEY",
) -> ChatNaming:
    """Make a naming function for `TopicModel.name_topics` that asks a language model.

    Up to eight similar topics are named by one request, so that their names differ. A name that two topics
    get, one that an answer lacks, and an answer that is empty or cut are asked for again. The names are in
    the language of the corpus.

    Parameters
    ----------
    model : str
        Name of the model at the endpoint.
    base_url : str, optional
        Address of an endpoint that speaks OpenAI's protocol, such as ``"http://localhost:11434/v1"`` for
        Ollama. Default: the environment variable ``OPENAI_BASE_URL``, or OpenAI's own.
    concurrency : int, default 4
        Requests at the same time.
    timeout : float, default 60
        Seconds until a request without an answer counts as failed.
    max_retries : int, default 4
        Repetitions of a request that fails by a time-out, a lost connection, status 408, 409, 429 or 500 and
        above. The pauses between them grow; ``Retry-After`` is obeyed.
    max_tokens : int, optional
        Bound of an answer. Default: that of the endpoint.
    journal : path, optional
        File to which each name is written when it comes, and from which a later run takes it. It holds
        hashes of prompts, and no texts.
    key_variable : str, default "OPENAI_API_KEY"
        Environment variable that holds the key of the endpoint. The key is not kept anywhere.

    Returns
    -------
    ChatNaming

    Raises
    ------
    ParameterError, ParameterTypeError
        When a setting cannot be used.

    Notes
    -----
    Keywords are sent to the endpoint, and documents only with ``name_topics(…, send_texts=True)``. The
    temperature is 0 where the model takes one.

    Examples
    --------
    ``model.name_topics(client)`` then asks the endpoint.

    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", n_topics=2).fit(texts)
    >>> client = chat("llama3.2", base_url="http://localhost:11434/v1")
    >>> client.estimate(model).n_topics
    2
    """
    for name, value in (("model", model), ("key_variable", key_variable)):
        if not isinstance(value, str):
            raise ParameterTypeError(f"{name} must be a str, got {value!r}")
        if not value.strip():
            raise ParameterError(f"{name} must not be blank")
    if base_url is not None and not str(base_url).startswith(("http://", "https://")):
        raise ParameterError(f"base_url must begin with http:// or https://, got {base_url!r}")
    check_whole("concurrency", concurrency, 1)
    check_whole("max_retries", max_retries, 0)
    if max_tokens is not None:
        check_whole("max_tokens", max_tokens, 1)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise ParameterTypeError(f"timeout must be a number of seconds, got {timeout!r}")
    if not 0 < timeout < math.inf:
        raise ParameterError(f"timeout must be a positive number of seconds, got {timeout}")
    path = None if journal is None else Path(journal)
    return ChatNaming(
        model, base_url, concurrency, float(timeout), max_retries, max_tokens, path, key_variable
    )


class _Client:
    """Sends requests; it stops asking when the endpoint refuses, or no longer answers."""

    def __init__(self, settings: ChatNaming) -> None:
        self.openai = require("openai")
        self.settings = settings
        self.key = os.environ.get(settings.key_variable, "").strip()
        self.client = self.openai.OpenAI(
            # Local servers need no key, but the client insists on one.
            api_key=self.key or "none",
            base_url=settings.base_url,
            timeout=settings.timeout,
            max_retries=settings.max_retries,
        )
        self.options: dict[str, Any] = {"temperature": 0}
        if settings.max_tokens is not None:
            self.options["max_tokens"] = settings.max_tokens
        self.failures_in_a_row = 0
        self.stopped: Exception | None = None

    def stop(self) -> None:
        """Ask nothing more, and close the connections."""
        self.stopped = self.stopped or EndpointError("interrupted")
        self.client.close()

    def ask(self, prompts: Sequence[NamingPrompt], taken: Sequence[str]) -> Answers:
        """Ask for the names of a group: in one request, or in several where its answer is cut."""
        if self.stopped is not None:
            return dict.fromkeys((prompt.topic for prompt in prompts), self.stopped)
        try:
            answer, cut = self._answer(request_text(prompts, taken), alone=len(prompts) == 1)
        except Exception as error:  # noqa: BLE001 - whatever the client or a proxy between raises
            return dict.fromkeys((prompt.topic for prompt in prompts), self._reason(error))
        if cut and len(prompts) > 1:
            half = len(prompts) // 2
            first = self.ask(prompts[:half], taken)
            named = [name for name in first.values() if isinstance(name, str)]
            return {**first, **self.ask(prompts[half:], [*taken, *named])}
        names = {} if cut else read_names(answer, [prompt.topic for prompt in prompts])
        why = (
            "the answer was cut (finish_reason 'length'); raise max_tokens"
            if cut
            else f"the answer does not name the topic: {answer[:80]!r}"
        )
        return {prompt.topic: names.get(prompt.topic, AnswerError(why)) for prompt in prompts}

    def _answer(self, text: str, *, alone: bool) -> tuple[str, bool]:
        """Send a request; return the answer, and whether it was cut, or refused for one of several."""
        response = self._create(text)
        choices = getattr(response, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise AnswerError(f"the endpoint sent no chat completion: {str(response)[:80]!r}")
        self.failures_in_a_row = 0
        choice = choices[0]
        refusal = getattr(choice.message, "refusal", None)
        if refusal or choice.finish_reason == "content_filter":
            if not alone:
                return "", True
            said = f": {str(refusal)[:80]!r}" if refusal else " (finish_reason 'content_filter')"
            raise RefusedError(f"the model refused{said}")
        content = choice.message.content
        cut = choice.finish_reason == "length"
        if not cut and not (isinstance(content, str) and content.strip()):
            raise AnswerError(f"the answer is empty (finish_reason {choice.finish_reason!r})")
        return content or "", cut

    def _create(self, text: str) -> Any:
        messages = [{"role": "user", "content": text}]
        while True:
            options = dict(self.options)
            try:
                return self.client.chat.completions.create(
                    model=self.settings.model, messages=messages, **options
                )
            except self.openai.BadRequestError as error:
                # Reasoning models take no temperature, and name the bound of an answer differently.
                named = [name for name in options if name in str(error)]
                if not named:
                    raise
                value = self.options.pop(named[0], None)
                if named[0] == "max_tokens" and value is not None:
                    self.options["max_completion_tokens"] = value

    def _reason(self, error: Exception) -> Exception:
        """Return the error to report, without the key; stop where asking again is in vain."""
        text = " ".join(str(error).split()) or type(error).__name__
        if self.key:
            text = text.replace(self.key, "***")
        if isinstance(error, AnswerError | RefusedError):
            return type(error)(text)
        if isinstance(error, ValueError):  # of the JSON of a response
            return AnswerError(f"the endpoint sent no valid JSON: {text[:200]}")
        status = getattr(error, "status_code", None)
        reason = EndpointError(f"{type(error).__name__}: {text[:300]}{self._advice(status)}")
        self.failures_in_a_row += 1
        if status in (401, 403, 404) or self.failures_in_a_row >= GIVE_UP_AFTER:
            self.stopped = reason
        return reason

    def _advice(self, status: int | None) -> str:
        if status in (401, 403):
            state = "is refused" if self.key else "is not set"
            return f"; the key in the environment variable {self.settings.key_variable} {state}"
        if status == 404:
            return (
                f"; there is no model {self.settings.model!r} at {self.client.base_url}, or no such address"
            )
        return "" if status else f" (endpoint {self.client.base_url})"


def _waiting(
    groups: Groups, names: dict[int, str], failed: dict[int, Exception], *, alone: bool
) -> list[tuple[list[NamingPrompt], list[str]]]:
    """List the prompts to send together, each with the names that are taken."""
    result = []
    for group in groups:
        left = [
            prompt
            for prompt in group
            if prompt.topic not in names and isinstance(failed.get(prompt.topic, AnswerError()), AnswerError)
        ]
        taken = [names[prompt.topic] for prompt in group if prompt.topic in names]
        for prompts in [[prompt] for prompt in left] if alone else [left] if left else []:
            refused = [
                error.name
                for error in (failed.get(prompt.topic) for prompt in prompts)
                if isinstance(error, DuplicateError)
            ]
            result.append((prompts, list(dict.fromkeys([*taken, *refused]))))
    return result


def _checked(answer: str | Exception, names: dict[int, str]) -> str | Exception:
    """Refuse a name that another topic has."""
    if isinstance(answer, str) and answer.casefold() in {name.casefold() for name in names.values()}:
        return DuplicateError(answer)
    return answer


def _told_apart(name: str, prompt: NamingPrompt) -> str | Exception:
    """Add a keyword to a name that a model gives to several topics whatever it is told."""
    words = (word for word in prompt.keywords if word.casefold() not in name.casefold())
    return next((f"{name} ({word})" for word in words), DuplicateError(name))


def _in_parallel(
    ask: Callable[[Sequence[NamingPrompt], Sequence[str]], Answers],
    waiting: Sequence[tuple[Sequence[NamingPrompt], Sequence[str]]],
    concurrency: int,
) -> Iterator[tuple[Sequence[NamingPrompt], Answers]]:
    """Ask for several groups at a time; where the caller stops, groups that wait are not asked for."""
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="naming")
    try:
        running: dict[Future[Answers], Sequence[NamingPrompt]] = {
            pool.submit(ask, prompts, taken): prompts for prompts, taken in waiting
        }
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
