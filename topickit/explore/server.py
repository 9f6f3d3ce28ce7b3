"""The server of the workbench: on this machine only, for who has the token of its address."""

import hmac
import secrets
import threading
from pathlib import Path
from typing import Any

from topickit._core.optional import require
from topickit.corpus.stemming import stemmer
from topickit.errors import InputError
from topickit.explore.session import Session

HOST = "127.0.0.1"
WARM_AFTER = 5.0
"""Seconds after which what an edit imports is imported."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # plotly.js compiles the drawing of its points, which needs 'unsafe-eval'.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src blob:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class Workbench:
    """The page of a session, served on this machine.

    Parameters
    ----------
    session : Session
    port : int, default 0
        0 takes any free port.

    Raises
    ------
    MissingPackageError
        When Dash is not installed.
    InputError
        When the port cannot be used.

    Attributes
    ----------
    address : str
        With the token. Whoever has it can use the page.

    Examples
    --------
    ::

        workbench = Workbench(Session.open("model"))
        print(workbench.address)
        workbench.serve()
    """

    def __init__(self, session: Session, port: int = 0) -> None:
        require("dash")
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            """Logs no requests: addresses hold the token."""

            def log_request(self, code: Any = "-", size: Any = "-") -> None:
                """Log nothing."""

        self._languages = session.model.fitted_.counts.languages
        token = secrets.token_urlsafe(32)
        app = create_app(session)
        try:
            self._server = make_server(HOST, port, app.server, threaded=True, request_handler=Quiet)
        except (OSError, OverflowError, SystemExit) as error:
            raise InputError(f"port {port} cannot be used; choose another one, or 0 for any") from error
        self.port = int(self._server.port)
        _guard(app, token, self.port)
        self.address = f"http://{HOST}:{self.port}/?token={token}"

    def serve(self) -> None:
        """Serve until `close` is called or the process is interrupted."""
        # The first edit would wait half a second for the stemmer; the first picture needs the processor more.
        warm = threading.Timer(WARM_AFTER, stemmer, args=(self._languages,))
        warm.daemon = True
        warm.start()
        try:
            self._server.serve_forever()
        finally:
            warm.cancel()
            self._server.server_close()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()


def create_app(session: Session) -> Any:
    """Make the Dash application of a session, not yet guarded by a token.

    Parameters
    ----------
    session : Session

    Returns
    -------
    dash.Dash

    Raises
    ------
    MissingPackageError
        When Dash is not installed.
    """
    dash = require("dash")
    from topickit.explore import callbacks, page

    app = dash.Dash(
        "topickit.explore",
        assets_folder=str(Path(__file__).parent / "assets"),
        serve_locally=True,
        title="topickit workbench",
        update_title=None,
        index_string=page.INDEX,
        on_error=callbacks.show_error,
        suppress_callback_exceptions=True,
        add_log_handler=False,
    )
    app.layout = lambda: page.layout(session)
    callbacks.register(app, session)
    return app


def _guard(app: Any, token: str, port: int) -> None:
    """Answer only requests of this machine's browser that has the token."""
    from flask import Response, redirect, request

    cookie = f"topickit-{port}"  # cookies of a host are shared by its ports
    hosts = {f"{HOST}:{port}", f"localhost:{port}"}
    headers = {
        name: value.format(hashes=" ".join(f"'{one}'" if one[0] != "'" else one for one in app.csp_hashes()))
        for name, value in _HEADERS.items()
    }

    def has_token(given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), token.encode())

    @app.server.before_request
    def check() -> Any:
        origin = request.headers.get("Origin")
        if request.host not in hosts or (origin is not None and origin.partition("://")[2] not in hosts):
            return Response("This page is for this machine only.", 403, mimetype="text/plain")
        if request.path == "/" and has_token(request.args.get("token")):
            answer = redirect("/")  # the token is not kept in the address
            answer.set_cookie(cookie, token, httponly=True, samesite="Strict")
            return answer
        if not has_token(request.cookies.get(cookie)):
            return Response(
                "Open the whole address that topickit explore printed, with its token.",
                403,
                mimetype="text/plain",
            )
        return None

    @app.server.after_request
    def add_headers(response: Any) -> Any:
        for name, value in headers.items():
            if name != "Cache-Control" or "/_dash-component-suites/" not in request.path:
                response.headers[name] = value
        return response
