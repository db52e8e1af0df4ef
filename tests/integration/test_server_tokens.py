#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir server with authentication.method=BEARER: tokens that PyJWT has signed, keys from a file and
over HTTPS, roles, and passwords beside them.
"""
import http.server
import json
import signal
import ssl
import threading
import time
import unittest

import service
import test_server_http
from security_fixture import Certificates
from token_maker import make

NOW = int(time.time())
GOOD = {"iss": "https://issuer.example", "aud": "weir", "sub": "ada", "exp": NOW + 3600}
WISHES = {
    "rsa": {"key": "r1", "alg": "RS256", "headers": {"kid": "r1"}, "claims": {**GOOD, "roles": ["dev", "admin"]}},
    "ec": {"key": "e1", "alg": "ES256", "headers": {"kid": "e1"}, "claims": {**GOOD, "aud": ["x", "weir"], "nbf": NOW - 5}},
    "later": {"key": "r2", "alg": "RS256", "headers": {"kid": "r2"}, "claims": GOOD},
    "plain": {"key": "r1", "alg": "RS256", "headers": {"kid": "r1"}, "claims": GOOD},
    "expired": {"key": "r1", "alg": "RS256", "headers": {"kid": "r1"}, "claims": {**GOOD, "exp": NOW - 60}},
    "early": {"key": "r1", "alg": "RS256", "headers": {"kid": "r1"}, "claims": {**GOOD, "nbf": NOW + 3600}},
    "issuer": {"key": "r1", "alg": "RS256", "headers": {"kid": "r1"}, "claims": {**GOOD, "iss": "https://other.example"}},
    "audience": {"key": "r1", "alg": "RS256", "headers": {"kid": "r1"}, "claims": {**GOOD, "aud": "other"}},
    "signer": {"key": "r2", "alg": "RS256", "headers": {"kid": "r1"}, "claims": GOOD},
    "none": {"key": None, "alg": "none", "headers": {"kid": "r1"}, "claims": GOOD},
    "hmac": {"secret": "r1", "alg": "HS256", "headers": {"kid": "r1"}, "claims": GOOD},
    "longer": {"key": "r1", "alg": "RS512", "headers": {"kid": "r1"}, "claims": GOOD},
}

credentials = test_server_http.Passwords.credentials


class TokenCase(test_server_http.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = make({"keys": {"r1": "RSA", "r2": "RSA", "e1": "EC"}, "tokens": list(WISHES.values())})
        if made is None:
            raise unittest.SkipTest("no python3 on PATH has PyJWT: scripts/deps --all")
        cls.jwks = made["jwks"]
        cls.tokens = dict(zip(WISHES, made["tokens"]))

    def setUp(self):
        super().setUp()
        self.keys = self.folder / "keys.json"
        self.publish("r1", "e1")

    def publish(self, *names):
        self.keys.write_text(json.dumps({"keys": [self.jwks[n] for n in names]}))

    def bearer(self, source=None, **more):
        settings = {"authentication.method": "BEARER",
                    "weir.authentication.jwks": source or self.keys,
                    "weir.authentication.token.issuer": GOOD["iss"],
                    "weir.authentication.token.audience": "weir",
                    "weir.authentication.token.skew.seconds": 1}
        settings.update(more)
        return [word for k, v in settings.items() for word in ("--set", f"{k}={v}")]

    def of(self, name, **options):
        return self.status(headers={"Authorization": f"Bearer {self.tokens[name]}"}, **options)


class FromFile(TokenCase):
    def test_tokens(self):
        log = self.folder / "requests"
        process = self.server("--request-log", log, *self.bearer())
        connection = self.connect()
        connection.request("GET", "/nowhere")
        response = connection.getresponse()
        self.assertEqual(response.status, 401)
        self.assertEqual(response.headers["WWW-Authenticate"], 'Bearer realm="weir"')
        self.assertIn(b'"error_code":40100', response.read())
        self.assertEqual((self.of("rsa"), self.of("ec"), self.of("plain")), (404, 404, 404))
        for name in ("expired", "early", "issuer", "audience", "signer", "none", "hmac", "longer", "later"):
            self.assertEqual((name, self.of(name)), (name, 401))
        for wrong in ("Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", f"Basic {self.tokens['rsa']}",
                      f"Bearer {self.tokens['rsa']}x", "Bearer " + "x" * 20000):
            self.assertEqual(self.status(headers={"Authorization": wrong}), 401)
        self.assertEqual(self.status("/healthcheck"), 200)
        self.stopped(process)
        self.assertIn(" ada GET /nowhere 404 ", log.read_text())
        self.assertNotIn(self.tokens["rsa"], log.read_text())

    def test_a_token_is_remembered_no_longer_than_it_counts(self):
        until = int(time.time()) + 10
        made = make({"keys": {"k": "EC"}, "tokens": [
            {"key": "k", "alg": "ES256", "headers": {"kid": "k"}, "claims": {**GOOD, "exp": until}}]})
        self.tokens, self.jwks = {"short": made["tokens"][0]}, made["jwks"]
        self.publish("k")
        self.server(*self.bearer())
        self.assertEqual(self.of("short"), 404)
        time.sleep(max(0, until + 2 - time.time()))
        self.assertEqual(self.of("short"), 401)

    def test_roles_and_algorithms(self):
        self.server(*self.bearer(**{"authentication.roles": "ops,admin",
                                    "weir.authentication.token.algorithms": "RS256"}))
        self.assertEqual((self.of("rsa"), self.of("plain"), self.of("ec")), (404, 401, 401))

    def test_passwords_beside(self):
        users = self.folder / "users"
        self.weir("passwd", users, "bob", stdin=test_server_http.PASSWORD + "\n")
        self.server(*self.bearer(**{"weir.authentication.file": users}))
        connection = self.connect()
        connection.request("GET", "/nowhere")
        response = connection.getresponse()
        response.read()
        self.assertEqual(response.headers["WWW-Authenticate"], 'Basic realm="weir", Bearer realm="weir"')
        self.assertEqual((self.of("ec"), self.status(headers=credentials("bob"))), (404, 404))
        self.assertEqual(self.status(headers=credentials("bob", "x")), 401)

    def test_new_keys_by_signal(self):
        process = self.server(*self.bearer())
        self.assertEqual((self.of("rsa"), self.of("later")), (404, 401))
        self.publish("r2")
        process.send_signal(signal.SIGHUP)
        self.assertIn("were read again", process.stderr.readline())
        self.assertEqual((self.of("rsa"), self.of("later")), (401, 404))
        self.keys.write_text("{")
        process.send_signal(signal.SIGHUP)
        self.assertIn("keys.json: It is no JSON Web Key Set", process.stderr.readline())
        self.assertEqual(self.of("later"), 404)

    def test_settings(self):
        for change, message in (({"weir.authentication.token.audience": ""}, "BEARER needs weir.authentication.token.audience"),
                                ({"weir.authentication.jwks": "/no/such"}, "/no/such: No such file"),
                                ({"weir.authentication.jwks": "http://127.0.0.1/"}, "from a file or over https"),
                                ({"weir.authentication.token.algorithms": "RS256,none"}, "a list of RS256 and ES256")):
            done = self.weir("server", "--listen", "http://127.0.0.1:0", "--data", self.data,
                             *self.bearer(**change), status=1)
            self.assertIn(message, done.stderr)


class Issuer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        self.server.asked += 1
        status, text = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that does not trust it


class OverHttps(TokenCase):
    """An issuer that publishes its keys at an address."""

    def setUp(self):
        super().setUp()
        certificates = Certificates(self.folder)
        self.ca = certificates.path("ca")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.path("server"), certificates.path("server", "key"))
        self.issuer = Quiet(("127.0.0.1", 0), Issuer)
        self.issuer.asked = 0
        self.issuer.socket = context.wrap_socket(self.issuer.socket, server_side=True)
        self.address = f"https://127.0.0.1:{self.issuer.server_address[1]}/keys"
        threading.Thread(target=self.issuer.serve_forever, daemon=True).start()
        self.addCleanup(self.issuer.server_close)
        self.addCleanup(self.issuer.shutdown)
        self.publish_there("r1", "e1")

    def publish_there(self, *names):
        self.issuer.answer = (200, json.dumps({"keys": [self.jwks[n] for n in names]}).encode())

    def over_https(self, ca):
        return self.bearer(self.address, **({"weir.authentication.jwks.ca.file": ca} if ca else {}))

    def test_keys_are_asked_for_seldom(self):
        self.server(*self.over_https(self.ca))
        self.assertEqual(self.issuer.asked, 0)  # it may be away when we start
        for _ in range(3):
            self.assertEqual((self.of("rsa"), self.of("ec"), self.of("later")), (404, 404, 401))
        self.assertEqual(self.issuer.asked, 1)  # a key that nobody knows does not make us ask each time

    def test_no_keys_is_no_refusal(self):
        self.issuer.answer = (500, b"no")
        process = self.server(*self.over_https(self.ca))
        self.assertEqual(self.of("rsa"), 503)
        self.assertIn("it answered with status 500", process.stderr.readline())
        self.publish_there("r1")
        process.send_signal(signal.SIGHUP)  # else after some seconds
        self.assertIn("were read again", process.stderr.readline())
        self.assertEqual(self.of("rsa"), 404)

    def test_a_stranger_is_not_believed(self):
        process = self.server(*self.over_https(None))
        self.assertEqual(self.of("rsa"), 503)
        self.assertIn("certificate", process.stderr.readline())
        self.assertEqual(self.issuer.asked, 0)


if __name__ == "__main__":
    service.main()
