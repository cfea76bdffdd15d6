"""A web server on this machine that serves one text, well or badly."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

TEXT = b"First Citizen:\nBefore we proceed any further, hear me speak.\n" * 2000


class Server:
    """Serves TEXT over HTTP at /good, and fails in a different way at each other path."""

    def __init__(self):
        self.requests = []  # paths asked for
        self.asked = threading.Event()  # set when a request has come in
        self.together = threading.Barrier(2, timeout=30)  # /together waits for two requests
        self.closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests.append(self.path)
                server.asked.set()
                server.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.block_on_close = False
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, handler):
        path = handler.path
        if path == "/missing" or (path == "/second-time" and self.requests.count(path) == 1):
            handler.send_error(404)
            return
        if path == "/together":
            self.together.wait()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(TEXT)))
        handler.end_headers()
        if path == "/stalls":
            handler.wfile.write(TEXT[: len(TEXT) // 2])
            handler.wfile.flush()
            self.closing.wait()
        elif path == "/truncated":
            handler.wfile.write(TEXT[: len(TEXT) // 2])
        elif path == "/corrupted":
            handler.wfile.write(TEXT.replace(b"First", b"Worst"))
        elif path == "/slow":  # pauses, but each shorter than the time limit
            for part in np.array_split(np.frombuffer(TEXT, np.uint8), 5):
                time.sleep(0.1)
                handler.wfile.write(part.tobytes())
        else:
            handler.wfile.write(TEXT)

    def close(self):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()
