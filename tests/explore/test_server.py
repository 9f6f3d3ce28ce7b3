"""The server: who may see the page, without a browser."""

import http.client
import json
import logging
import threading
from urllib.parse import urlsplit

import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.errors import InputError
from topickit.explore.session import Session

pytest.importorskip("dash", reason="NOT TESTED: dash is not installed (pip install 'topickit[explore]')")

from topickit.explore.server import Workbench

TEXTS, _ = make_corpus(120)


@pytest.fixture(scope="module")
def workbench():
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3).fit(TEXTS)
    opened = Workbench(Session(model))
    thread = threading.Thread(target=opened.serve)
    thread.start()
    yield opened
    opened.close()
    thread.join()


def ask(workbench, path, *, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", workbench.port, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    content = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer, content


@pytest.fixture(scope="module")
def cookie(workbench):
    parts = urlsplit(workbench.address)
    answer, _ = ask(workbench, f"/?{parts.query}")
    assert answer.status == 302
    assert answer.getheader("Location") == "/"
    given = answer.getheader("Set-Cookie")
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given
    return given.partition(";")[0]


CALLBACK = json.dumps(
    {
        "output": "placed.children",
        "outputs": {"id": "placed", "property": "children"},
        "inputs": [{"id": "place-go", "property": "n_clicks", "value": 1}],
        "state": [{"id": "pasted", "property": "value", "value": "The boat and sail with good wind"}],
        "changedPropIds": ["place-go.n_clicks"],
    }
)


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/_dash-dependencies", "/assets/explore.css"])
def test_nothing_is_answered_without_the_token(workbench, cookie, path):
    refusal = "Open the whole address that topickit explore printed, with its token."
    name = cookie.partition("=")[0]
    for wrong in ({}, {"Cookie": cookie[:-1]}, {"Cookie": "topickit=1"}, {"Cookie": f"{name}="}):
        answer, content = ask(workbench, path, **wrong)
        assert (answer.status, content) == (403, refusal)
    assert ask(workbench, "/?token=wrong")[0].status == 403
    assert ask(workbench, path, Cookie=cookie)[0].status == 200


def test_callbacks_need_the_token_too(workbench, cookie):
    kind = {"Content_Type": "application/json"}
    path = "/_dash-update-component"
    assert ask(workbench, path, method="POST", body=CALLBACK, **kind)[0].status == 403
    answer, content = ask(workbench, path, method="POST", body=CALLBACK, Cookie=cookie, **kind)
    assert answer.status == 200
    assert "Similarity to the nearest topic" in content


def test_another_site_or_name_of_the_host_is_refused(workbench, cookie):
    assert ask(workbench, "/", Cookie=cookie, Host="evil.example")[0].status == 403
    assert ask(workbench, "/", Cookie=cookie, Origin="http://evil.example")[0].status == 403
    own = f"127.0.0.1:{workbench.port}"
    assert ask(workbench, "/", Cookie=cookie, Host=own, Origin=f"http://{own}")[0].status == 200


def test_the_page_allows_no_other_host(workbench, cookie):
    answer, content = ask(workbench, "/", Cookie=cookie)
    policy = answer.getheader("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert 'src="http' not in content
    assert 'href="http' not in content
    assert answer.getheader("Cache-Control") == "no-store"


def test_it_listens_on_the_loopback_only(workbench):
    assert workbench._server.server_address[0] == "127.0.0.1"
    assert workbench.address.startswith(f"http://127.0.0.1:{workbench.port}/?token=")
    with pytest.raises(InputError, match=f"port {workbench.port} cannot be used"):
        Workbench(Session(TopicModel(embedder="lexical", n_topics=1).fit(TEXTS)), workbench.port)


def test_neither_addresses_nor_documents_are_logged(workbench, cookie, caplog, capfd):
    secret = "confidential merger of boats"
    body = CALLBACK.replace("The boat and sail with good wind", secret)
    with caplog.at_level(logging.DEBUG):
        for content in (body, body.replace('"value": "' + secret + '"', '"value": {"a": "' + secret + '"}')):
            ask(
                workbench,
                "/_dash-update-component",
                method="POST",
                body=content,
                Cookie=cookie,
                Content_Type="application/json",
            )
    written = caplog.text + "".join(capfd.readouterr())
    assert secret not in written
    assert cookie.partition("=")[2] not in written
    assert "AttributeError" in written
