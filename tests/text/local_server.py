"""A web server on this machine that serves one text, well or badly."""

import ssl
import subprocess
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
        if path == "/busy":
            handler.send_response(429)
            handler.send_header("Retry-After", "120")
            handler.end_headers()
            return
        if path == "/inn":  # a network that shows its login page whatever is asked for
            handler.send_response(302)
            handler.send_header("Location", "/login")
            handler.end_headers()
            return
        handler.send_response(200)
        if path == "/login":
            handler.send_header("Content-Type", "text/html; charset=utf-8")
            handler.end_headers()
            handler.wfile.write(b"<html>Please log in")
            return
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

    def encrypt(self, folder):
        """Go on over HTTPS, with a certificate that nobody has signed."""
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        command = [*command.split(), "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate]
        subprocess.run(command, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.address = self.address.replace("http:", "https:")

    def close(self):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()
