"""A small real HTTP server on this machine that speaks chat completions as a script says."""

import contextlib
import http.server
import json
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the script that its server holds."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.seen.append(("GET", self.path, dict(self.headers), None))
        self.reply(200, {"data": [{"id": "tiny", "owned_by": self.server.owner}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(("POST", self.path, dict(self.headers), body))
        status, content, headers = self.server.script(body)
        if status == 0:
            self.connection.close()
            return
        self.reply(status, content, headers)

    def reply(self, status, content, headers=()):
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def said(text, logprobs=None):
    choice = {"message": {"role": "assistant", "content": text}}
    if logprobs is not None:
        choice["logprobs"] = {"content": logprobs}
    return 200, {"choices": [choice]}, {}


def question(body) -> str:
    return body["messages"][0]["content"][-1]["text"]


@contextlib.contextmanager
def scripted_server():
    """Serve while entered; ``script`` takes a request's body, ``seen`` has all requests."""
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen, made.owner, made.script = [], "someone", lambda _: said("yes")
    made.url = f"http://127.0.0.1:{made.server_port}/v1"
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
