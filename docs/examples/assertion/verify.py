"""Verifies X-Portcullis-Assertion. Needs Python 3.9, PyJWT 2 and cryptography (Debian: python3-jwt, python3-cryptography).

    from verify import AssertionRefused, Verifier
    verifier = Verifier("https://gateway.internal", issuer="https://api.example.com", audience="orders")
    caller = verifier.verify(method, target, headers)    # raises AssertionRefused: answer 401

`target` is the request target as it came over the wire: `self.path` of http.server, `RAW_URI` of gunicorn, `REQUEST_URI`
of uWSGI and mod_wsgi; in ASGI `scope["raw_path"]` with `scope["query_string"]`. WSGI's PATH_INFO is decoded and will not do.

Run by itself, it is a small service that lets nobody in without an assertion:

    GATEWAY=http://127.0.0.1:8080 ISSUER=http://127.0.0.1:8080 AUDIENCE=orders PORT=9001 python3 verify.py
"""

import base64
import hashlib
import json
import logging
import os
import re
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

TYPE = "portcullis-assertion+jwt"
LEEWAY_SECONDS = 5  # Clocks may differ by so much.
PAUSE_SECONDS = 5  # An unknown key is looked for so often at most, and an unreachable gateway asked.
TIMEOUT_SECONDS = 2
STALE_SECONDS = 3600  # While the gateway cannot be reached, keys are good for so long.
REQUIRED = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "htm", "path", "query_hash", "request_id"]


class AssertionRefused(Exception):
    """Why a request has no valid assertion. The reason is for your log."""


class KeySet:
    """The gateway's keys by their id, kept for as long as its answer says."""

    def __init__(self, url):
        self._url = url
        self._asking = threading.Lock()
        self._asked_at = float("-inf")
        self._held = ({}, 0.0, 0.0)  # Replaced whole: the keys, until when they are good, until when they are stale.

    def key_of(self, kid):
        keys, good_until, stale_until = self._held
        if time.monotonic() >= good_until or kid not in keys:
            with self._asking:
                if time.monotonic() - self._asked_at >= PAUSE_SECONDS:
                    self._ask()
            keys, _, stale_until = self._held
        return keys.get(kid) if time.monotonic() < stale_until else None

    def _ask(self):
        now = self._asked_at = time.monotonic()
        try:
            with urllib.request.urlopen(self._url, timeout=TIMEOUT_SECONDS) as answer:
                max_age = re.search(r"max-age=(\d+)", answer.headers.get("cache-control", ""))
                found = json.load(answer)["keys"]
            keys = {
                jwk["kid"]: jwt.PyJWK(jwk, algorithm="ES256").key
                for jwk in found
                if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and jwk.get("alg") == "ES256"
            }
        except (OSError, ValueError, KeyError, jwt.PyJWTError) as error:
            # A failure leaves the keys as they were.
            logging.warning("keys of the gateway: %s", error)
            return
        self._held = (keys, now + (int(max_age[1]) if max_age else 300), now + STALE_SECONDS)


class Verifier:
    """`gateway`: where the gateway can be reached. `issuer`: its tokens.issuer. `audience`: what its settings call this
    upstream. `header`: its identity.assertion.header. `once`: accepts each assertion a single time (in this process; the
    gateway may repeat a safe request with the same one)."""

    def __init__(self, gateway, issuer, audience, header="X-Portcullis-Assertion", once=False):
        self._keys = KeySet(gateway.rstrip("/") + "/.well-known/jwks.json")
        self._issuer, self._audience, self._header = issuer, audience, header
        self._used = {} if once else None
        self._lock = threading.Lock()

    def verify(self, method, target, headers):
        """The claims: sub, username, roles and so on. `headers` finds a field whatever the case of its name."""
        assertion = headers.get(self._header)
        if assertion is None:
            raise AssertionRefused("there is none")
        try:
            claims = self._read(assertion)
        except (jwt.PyJWTError, ValueError) as error:
            raise AssertionRefused(str(error)) from error
        path, _, query = target.partition("?")
        digest = base64.urlsafe_b64encode(hashlib.sha256(query.encode()).digest()).rstrip(b"=").decode()
        bound = {"htm": method, "path": path, "query_hash": digest, "request_id": headers.get("X-Request-Id")}
        for name, value in bound.items():
            if claims[name] != value:
                raise AssertionRefused(f"it is for another {name}")
        if self._used is not None:
            self._use(claims["jti"], claims["exp"])
        return claims

    def _read(self, assertion):
        header = jwt.get_unverified_header(assertion)
        if header.get("typ") != TYPE or header.get("alg") != "ES256" or "crit" in header:
            raise AssertionRefused("it is of another kind")
        key = self._keys.key_of(header.get("kid"))
        if key is None:
            raise AssertionRefused("its key is not known")
        claims = jwt.decode(
            assertion,
            key,
            algorithms=["ES256"],
            issuer=self._issuer,
            audience=self._audience,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
        if claims["aud"] != self._audience or not isinstance(claims["sub"], str) or claims["sub"] == "":
            raise AssertionRefused("it names nobody, or several audiences")
        return claims

    def _use(self, jti, exp):
        with self._lock:
            now = time.time()
            self._used = {one: until for one, until in self._used.items() if until >= now}
            if jti in self._used:
                raise AssertionRefused("it was used before")
            self._used[jti] = exp + LEEWAY_SECONDS


class Service(BaseHTTPRequestHandler):
    """The service of the usage above."""

    protocol_version = "HTTP/1.1"
    verifier = None

    def answer(self):
        try:
            claims = self.verifier.verify(self.command, self.path, self.headers)
        except AssertionRefused as error:
            logging.warning("refused %s %s: %s", self.command, self.path, error)
            self.reply(401, b"")
            return
        self.reply(200, json.dumps({name: claims.get(name) for name in ("sub", "username", "roles")}).encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Service.verifier = Verifier(os.environ["GATEWAY"], os.environ["ISSUER"], os.environ["AUDIENCE"])
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Service)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
