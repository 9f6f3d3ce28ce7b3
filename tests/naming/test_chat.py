"""Names from a language model, over HTTP on loopback, with every way of failing."""

import itertools
import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import NamingPrompt, TopicModel
from topickit.errors import (
    InputError,
    MissingPackageError,
    ParameterError,
    ParameterTypeError,
    TopickitWarning,
)
from topickit.fitted.naming import naming_groups
from topickit.fitted.siblings import groups_of_siblings
from topickit.naming import chat
from topickit.naming.requests import read_names, request_text

pytest.importorskip("openai")
TEXTS, _ = make_corpus(120)
SECRET = "sk-secret-123"


def asked(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^Topic (\d+)$", text, re.MULTILINE)]


def completion(content, finish="stop", refusal=None) -> dict:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


def good(text: str) -> dict:
    return completion("\n".join(f"{topic}: Name {topic}" for topic in asked(text)))


class Endpoint:
    """A server whose answer to request n is `answer(n, body)`: a dict, or a function of the handler."""

    def __init__(self):
        self.answer = lambda n, text: good(text)
        self.requests, self.texts, self.headers = [], [], []
        outer, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    outer.requests.append(body)
                    outer.texts.append(body["messages"][0]["content"])
                    outer.headers.append(self.headers)
                    n = len(outer.requests) - 1
                result = outer.answer(n, outer.texts[n])
                if callable(result):
                    result(self)
                else:
                    self.send(200, json.dumps(result))

            def send(self, status, text, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                data = text.encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_): ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    server = Endpoint()
    yield server
    server.close()


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(embedder="lexical", n_topics=4).fit(TEXTS)


def client(endpoint, **settings):
    return chat("m", base_url=endpoint.url, **{"max_retries": 0, "timeout": 5.0, **settings})


def status(code, text='{"error": {"message": "no"}}', **headers):
    return lambda handler: handler.send(code, text, **headers)


def names_of(model):
    return [topic.name for topic in model.topics_]


ALL = [f"Name {n}" for n in range(4)]


def test_siblings_are_named_by_one_request(model, endpoint):
    named = model.name_topics(client(endpoint))
    assert names_of(named) == ALL
    assert len(endpoint.requests) == 1
    assert endpoint.requests[0]["model"] == "m"
    text = endpoint.texts[0]
    assert "in English" in text
    assert all(word in text for topic in model.topics_ for word in topic.words)
    assert not any(document in text for document in TEXTS)
    assert endpoint.headers[0]["Authorization"] == f"Bearer {SECRET}"


def test_documents_are_sent_only_if_asked_for(model, endpoint):
    model.name_topics(client(endpoint), send_texts=True)
    assert any(document in endpoint.texts[0] for document in TEXTS)


def failing_first(*failures):
    return lambda n, text: failures[n] if n < len(failures) else good(text)


def cut_connection(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)


def half_an_answer(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": ')
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "failure",
    [status(500), status(503, "<html>busy</html>"), status(408), cut_connection, half_an_answer],
    ids=["500", "503", "408", "cut connection", "half an answer"],
)
def test_a_failed_request_is_repeated(model, endpoint, failure):
    endpoint.answer = failing_first(failure)
    assert names_of(model.name_topics(client(endpoint, max_retries=1))) == ALL
    assert len(endpoint.requests) == 2


def test_retry_after_is_obeyed(model, endpoint):
    times = []

    def answer(n, text):
        times.append(time.monotonic())
        return status(429, Retry_After="1.2") if n == 0 else good(text)

    endpoint.answer = answer
    assert names_of(model.name_topics(client(endpoint, max_retries=1))) == ALL
    assert times[1] - times[0] >= 1.2


def test_a_slow_answer_times_out_and_is_asked_for_again(model, endpoint):
    released = threading.Event()

    def slow(handler):
        released.wait(10)

    endpoint.answer = failing_first(slow)
    assert names_of(model.name_topics(client(endpoint, max_retries=1, timeout=0.3))) == ALL
    released.set()


@pytest.mark.parametrize(
    "failure",
    [
        status(200, "{not JSON"),
        status(200, "<html>login</html>"),
        {"choices": []},
        {"error": "no model loaded"},
        completion(""),
        completion(None),
        completion(" \n "),
        completion("<think>hm"),
        completion("I would rather talk about the weather.\nIt is fine."),
    ],
    ids=["invalid JSON", "HTML", "no choice", "error", "empty", "null", "blank", "thoughts", "chatter"],
)
def test_an_answer_without_names_is_asked_for_again(model, endpoint, failure):
    endpoint.answer = failing_first(failure)
    assert names_of(model.name_topics(client(endpoint))) == ALL


def test_a_cut_answer_is_asked_for_in_halves(model, endpoint):
    def answer(n, text):
        return good(text) if len(asked(text)) < 2 else completion("0: Name 0\n1: Na", finish="length")

    endpoint.answer = answer
    assert names_of(model.name_topics(client(endpoint))) == ALL
    assert [len(asked(text)) for text in endpoint.texts] == [4, 2, 1, 1, 2, 1, 1]
    assert "These names are taken: Name 0" in endpoint.texts[4]


def test_an_answer_that_is_always_cut_names_nothing(model, endpoint):
    endpoint.answer = lambda n, text: completion("0: Na", finish="length")
    with pytest.warns(TopickitWarning, match=r"4 of 4 topics keep their names.*finish_reason 'length'"):
        named = model.name_topics(client(endpoint, max_tokens=3))
    assert names_of(named) == names_of(model)
    assert endpoint.requests[0]["max_tokens"] == 3


@pytest.mark.parametrize(
    "refusal",
    [completion(None, refusal="I cannot"), completion(None, finish="content_filter")],
    ids=["refusal", "filter"],
)
def test_a_refusal_costs_one_topic_its_name(model, endpoint, refusal):
    endpoint.answer = lambda n, text: refusal if 2 in asked(text) else good(text)
    with pytest.warns(TopickitWarning, match=r"1 of 4 topics keep their names \(2\).*refused"):
        named = model.name_topics(client(endpoint))
    assert names_of(named) == [*ALL[:2], model.topics_[2].name, ALL[3]]
    assert len(endpoint.requests) == 5, "a refusal is not asked for again"


def test_equal_names_are_asked_for_again_and_told_apart(model, endpoint):
    def answer(n, text):
        if "These names are taken" in text and asked(text) == [1]:
            return completion("1: Other boats")
        return completion("\n".join(f"{topic}: Boats" for topic in asked(text)))

    endpoint.answer = answer
    names = names_of(model.name_topics(client(endpoint)))
    assert names[:2] == ["Boats", "Other boats"]
    assert len(set(names)) == 4
    assert names[3] == f"Boats ({model.topics_[3].words[0]})"


def test_a_missing_name_is_asked_for_alone(model, endpoint):
    endpoint.answer = lambda n, text: completion("0: Name 0\n1: Name 1\n2: Name 2") if n == 0 else good(text)
    assert names_of(model.name_topics(client(endpoint))) == ALL
    assert asked(endpoint.texts[1]) == [3]


@pytest.mark.parametrize(("code", "said"), [(401, "OPENAI_API_KEY is refused"), (404, "no model 'm'")])
def test_what_asking_again_does_not_mend_is_asked_once(model, endpoint, code, said):
    endpoint.answer = lambda n, text: status(code, json.dumps({"error": {"message": f"bad key {SECRET}"}}))
    with pytest.warns(TopickitWarning, match="4 of 4 topics keep their names") as caught:
        model.name_topics(client(endpoint, max_retries=3))
    assert len(endpoint.requests) == 1
    assert said in str(caught[0].message)
    assert SECRET not in str(caught[0].message)


def many_groups(n: int) -> list[list[NamingPrompt]]:
    return [[NamingPrompt(i, 1, (f"w{i}",), (), f"prompt {i}")] for i in range(n)]


def test_a_dead_endpoint_is_given_up(endpoint):
    endpoint.answer = lambda n, text: status(500)
    results = dict(client(endpoint, concurrency=1).name_groups(many_groups(10)))
    assert len(results) == 10
    assert all("500" in str(error) for error in results.values())
    assert len(endpoint.requests) == 3


def test_nothing_listens(model):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.warns(TopickitWarning, match=f"Connection error.*127.0.0.1:{port}"):
        model.name_topics(chat("m", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0))


def test_requests_run_at_the_same_time(endpoint):
    together, lock, running = threading.Barrier(3, timeout=5), threading.Lock(), []

    def answer(n, text):
        with lock:
            running.append(n)
        together.wait()
        return good(text)

    endpoint.answer = answer
    assert dict(client(endpoint, concurrency=3).name_groups(many_groups(6))) == {
        i: f"Name {i}" for i in range(6)
    }


def test_parameters_that_a_model_does_not_take_are_left_out(model, endpoint):
    def answer(n, text):
        for name in ("temperature", "max_tokens"):
            if name in endpoint.requests[n]:
                return status(400, json.dumps({"error": {"message": f"Unsupported parameter: '{name}'"}}))
        return good(text)

    endpoint.answer = answer
    assert names_of(model.name_topics(client(endpoint, max_tokens=50))) == ALL
    assert endpoint.requests[-1]["max_completion_tokens"] == 50


def test_a_run_resumes_from_the_journal(model, endpoint, tmp_path):
    journal = tmp_path / "names.jsonl"
    endpoint.answer = lambda n, text: completion("0: Name 0\n2: Name 2")
    with pytest.warns(TopickitWarning, match="2 of 4"):
        model.name_topics(client(endpoint, journal=journal))
    written = journal.read_text()
    assert SECRET not in written
    assert not any(word in written for topic in model.topics_ for word in topic.words)
    journal.write_text(written + '{"prompt": "cut')
    endpoint.answer, before = lambda n, text: good(text), len(endpoint.requests)
    resumed = client(endpoint, journal=journal)
    assert resumed.estimate(model).n_topics == 2
    assert names_of(model.name_topics(resumed)) == ALL
    assert asked(endpoint.texts[before]) == [1, 3]
    assert names_of(model.name_topics(resumed)) == ALL
    assert len(endpoint.requests) == before + 1
    assert len(list(chat("other", base_url=endpoint.url, journal=journal).estimate(model).prompts)) == 1


def test_a_journal_that_cannot_be_written_is_reported_before_anything_is_sent(model, endpoint, tmp_path):
    with pytest.raises(InputError):
        model.name_topics(client(endpoint, journal=tmp_path / "missing" / "names.jsonl"))
    assert not endpoint.requests


def test_an_interrupt_keeps_the_names_that_came(model, endpoint):
    class Interrupted:
        def name_groups(self, groups):
            yield 0, "Boats"
            raise KeyboardInterrupt

    with pytest.warns(TopickitWarning, match="interrupted: the names of 1 of 4 topics came"):
        assert names_of(model.name_topics(Interrupted()))[0] == "Boats"


def test_an_estimate_sends_nothing(model, endpoint):
    estimate = client(endpoint).estimate(model)
    assert not endpoint.requests
    assert estimate.prompts == tuple(request_text(group) for group in naming_groups(model.fitted_))
    assert len(estimate.prompts[0]) / 5 < estimate.input_tokens < len(estimate.prompts[0]) / 3
    assert estimate.cost(input_price=1e6, output_price=0) == estimate.input_tokens


def test_the_key_is_not_kept(endpoint):
    assert SECRET not in repr(client(endpoint))
    assert SECRET not in str(vars(client(endpoint)))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"base_url": "localhost:1"}, ParameterError),
        ({"concurrency": 0}, ParameterError),
        ({"timeout": 0}, ParameterError),
        ({"timeout": "1"}, ParameterTypeError),
        ({"max_tokens": 0}, ParameterError),
        ({"key_variable": " "}, ParameterError),
    ],
)
def test_settings_are_checked(settings, error):
    with pytest.raises(error):
        chat("m", **settings)


def test_a_missing_package_is_named(model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingPackageError, match=r"topickit\[llm\]"):
        model.name_topics(chat("m"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("3: Cats\n5: Dogs", {3: "Cats", 5: "Dogs"}),
        ("**3:** Cats\n**Topic 5:** \"Dogs\"", {3: "Cats", 5: "Dogs"}),
        ("3. Cats\n5) Dogs\n7: Rats", {3: "Cats", 5: "Dogs"}),
        ("<think>3: Mice</think>\n3: Cats\n3: More cats", {3: "Cats"}),
        ('```json\n{"3": "Cats", "5": "Dogs"}\n```', {3: "Cats", 5: "Dogs"}),
        ('{"names": [{"topic": 3, "name": "Cats"}, {"id": "5", "label": "Dogs"}]}', {3: "Cats", 5: "Dogs"}),
        ("Cats and dogs", {}),
        ("3: \n5: ''", {}),
    ],
)  # fmt: skip
def test_answers_are_read(answer, expected):
    assert read_names(answer, [3, 5]) == expected


def test_groups_hold_similar_topics_and_each_topic_once():
    rng = np.random.default_rng(0)
    centers = np.eye(5, dtype=np.float32)
    means = np.repeat(centers, 6, axis=0) + 0.05 * rng.normal(size=(30, 5)).astype(np.float32)
    groups = groups_of_siblings(means, 6)
    assert groups == [list(range(start, start + 6)) for start in range(0, 30, 6)]
    assert sorted(itertools.chain(*groups_of_siblings(means, 4))) == list(range(30))
    assert groups_of_siblings(means[:0]) == []


@pytest.mark.filterwarnings("always::topickit.TopickitWarning")
def test_the_command_names_a_model(run, model, endpoint, tmp_path):
    saved, out = tmp_path / "model", tmp_path / "named"
    model.save(saved)
    arguments = ("name", saved, "--model", "m", "--endpoint", endpoint.url, "--out", out, "--retries", 0)
    code, text, said = run(*arguments, "--dry-run", "--prices", 1, 2)
    assert code == 0
    assert text.count("Topic ") == 4
    assert "4 topics to name in 1 request" in said
    assert "cost about" in said
    assert not endpoint.requests
    assert not out.exists()
    endpoint.answer = lambda n, text: completion("0: Name 0\n2: Name 2")
    code, text, said = run(*arguments)
    assert code == 1
    assert "2 of 4 topics keep their names" in said
    assert names_of(TopicModel.load(out))[2] == "Name 2"
    endpoint.answer = lambda n, text: good(text)
    code, text, said = run(*arguments)
    assert code == 0
    assert "2 names came before" in said
    assert names_of(TopicModel.load(out)) == ALL
    assert not list(tmp_path.glob("*.jsonl"))
    assert names_of(TopicModel.load(saved)) == names_of(model)
    assert SECRET.encode() not in b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def test_the_command_replaces_a_model(run, model, endpoint, tmp_path):
    model.save(tmp_path / "model")
    code, _, _ = run("name", tmp_path / "model", "--model", "m", "--endpoint", endpoint.url)
    assert code == 0
    assert names_of(TopicModel.load(tmp_path / "model")) == ALL


@pytest.mark.filterwarnings("always::topickit.TopickitWarning")
def test_the_command_writes_nothing_where_no_name_came(run, model, endpoint, tmp_path):
    model.save(tmp_path / "model")
    endpoint.answer = lambda n, text: status(401)
    code, _, said = run(
        "name", tmp_path / "model", "--model", "m", "--endpoint", endpoint.url, "--out", tmp_path / "x"
    )
    assert code == 1
    assert "is refused" in said
    assert not (tmp_path / "x").exists()
