# SPDX-License-Identifier: Apache-2.0
"""A broker with TLS and SASL, and certificates for it: `with SecureBroker() as broker`.

    broker.address_of("TLS")      a listener: TLS, MTLS, EXPIRED, OTHERNAME, PLAIN, SCRAM
    broker.path("ca.pem")         certificates: ca, other (another authority), client; client.key ...

MTLS wants a certificate of clients; EXPIRED and OTHERNAME show a certificate that nobody should take;
PLAIN and SCRAM are SASL over TLS, for the user USER with PASSWORD.
"""
import datetime
import subprocess

from kafka_fixture import KafkaBroker, Listener

USER, PASSWORD, KEY_PASSWORD = "weir", "geheim-7f3a", "schluessel-9c1e"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Certificates:
    def __init__(self, folder):
        self.folder = folder
        for authority in ("ca", "other"):
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path(authority, "key"),
                    "-out", self.path(authority), "-subj", f"/CN=Test {authority}", "-days", "30")
        self.issue("server", "IP:127.0.0.1,DNS:localhost")
        self.issue("othername", "DNS:kafka.example")
        self.issue("expired", "IP:127.0.0.1", days_ago=10)
        self.issue("client", "DNS:client")
        openssl("rsa", "-aes256", "-passout", f"pass:{KEY_PASSWORD}", "-in", self.path("client", "key"),
                "-out", self.path("client-locked", "key"))

    def path(self, name, kind="pem"):
        return self.folder / f"{name}.{kind}"

    def issue(self, name, names, days_ago=0):
        """A certificate of a day that began so many days ago, and with its key what Kafka reads."""
        began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days_ago or 0.5)
        config = self.path(name, "cnf")
        config.write_text(f"""[ca]
default_ca = it
[it]
database = {self.path(name, 'db')}
rand_serial = yes
new_certs_dir = {self.folder}
default_md = sha256
policy = any
x509_extensions = more
[any]
commonName = supplied
[more]
subjectAltName = {names}
""")
        self.path(name, "db").write_text("")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path(name, "key"), "-out",
                self.path(name, "csr"), "-subj", f"/CN={name}")
        stamp = "%Y%m%d%H%M%SZ"
        openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.path("ca"), "-keyfile",
                self.path("ca", "key"), "-in", self.path(name, "csr"), "-out", self.path(name),
                "-startdate", began.strftime(stamp), "-enddate",
                (began + datetime.timedelta(days=1)).strftime(stamp))
        self.path(name, "both.pem").write_text(self.path(name, "key").read_text()
                                               + self.path(name).read_text())


class SecureBroker(KafkaBroker):
    def __init__(self, folder):
        self.certificates = Certificates(folder)
        super().__init__(
            listeners={
                "TLS": self.tls("server"),
                "MTLS": self.tls("server", **{"ssl.client.auth": "required"}),
                "EXPIRED": self.tls("expired"),
                "OTHERNAME": self.tls("othername"),
                "PLAIN": self.tls("server", "SASL_SSL", **{
                    "sasl.enabled.mechanisms": "PLAIN",
                    "plain.sasl.jaas.config":
                        "org.apache.kafka.common.security.plain.PlainLoginModule required "
                        f'user_{USER}="{PASSWORD}";'}),
                "SCRAM": self.tls("server", "SASL_SSL", **{
                    "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
                    **{f"scram-sha-{bits}.sasl.jaas.config":
                       "org.apache.kafka.common.security.scram.ScramLoginModule required;"
                       for bits in (256, 512)}}),
            },
            format_options=[word for bits in (256, 512) for word in (
                "--add-scram", f"SCRAM-SHA-{bits}=[name={USER},password={PASSWORD}]")])

    def tls(self, name, protocol="SSL", **more):
        return Listener(protocol, {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.certificates.path(name, "both.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.certificates.path("ca"), **more})

    def path(self, name):
        return str(self.certificates.folder / name)

    def address_of(self, listener):
        return self.listeners[listener].bootstrap
