#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys and tokens by PyJWT, which is no work of ours: token_maker.py < wishes > what was made.

Wishes: {"keys": {NAME: "RSA" | "EC"}, "tokens": [{"key", "alg", "headers", "claims"}...]}.
Made: {"jwks": {NAME: public key}, "tokens": [text...]}. It runs with the first Python on PATH that
has PyJWT (Debian: python3-jwt), see make().
"""
import json
import os
import shutil
import subprocess
import sys


def make(wishes):
    """None: no Python here has PyJWT."""
    for folder in os.environ["PATH"].split(os.pathsep):
        python = shutil.which("python3", path=folder)
        if python and subprocess.run([python, "-c", "import jwt, cryptography"], capture_output=True,
                                     check=False).returncode == 0:
            return json.loads(subprocess.run([python, __file__], input=json.dumps(wishes), text=True,
                                             capture_output=True, check=True).stdout)
    return None


def main():
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm
    from jwt.utils import to_base64url_uint

    wishes = json.load(sys.stdin)
    keys, jwks = {}, {}
    for name, kind in wishes["keys"].items():
        if kind == "RSA":
            keys[name] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            jwk = json.loads(RSAAlgorithm.to_jwk(keys[name].public_key()))
        else:
            keys[name] = ec.generate_private_key(ec.SECP256R1())
            numbers = keys[name].public_key().public_numbers()
            if hasattr(ECAlgorithm, "to_jwk"):
                jwk = json.loads(ECAlgorithm.to_jwk(keys[name].public_key()))
            else:  # PyJWT before 2.8
                x, y = (to_base64url_uint(n).decode() for n in (numbers.x, numbers.y))
                jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        jwks[name] = {**jwk, "kid": name}
    tokens = [jwt.encode(t["claims"], t.get("secret") or keys.get(t.get("key")), algorithm=t["alg"],
                         headers=t.get("headers")) for t in wishes["tokens"]]
    json.dump({"jwks": jwks, "tokens": tokens}, sys.stdout)


if __name__ == "__main__":
    main()
