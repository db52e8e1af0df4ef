#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# fixtures: kafka registry
# cost: 90
# labels: release
"""Round trips with two JavaScript clients: Confluent's and that of kafkajs."""
import unittest

import clients_fixture
import rows
import service


class JavaScript:
    client, formats = "javascript", ("AVRO", "PROTOBUF", "JSON_SR")

    def fit(self, form, tree, value):
        """Numbers are doubles."""
        return {"AVRO": rows.safe_integer, "JSON_SR": rows.safe_number}.get(
            form, lambda t, v: v)(tree, value)


class Confluent(JavaScript, clients_fixture.ConfluentClients, unittest.TestCase):
    library = "confluent"
    # It asks for descriptors, and Apicurio has the text that Weir has registered.
    reads = ("AVRO", "JSON_SR")


class ConfluentOfBase64(JavaScript, clients_fixture.RoundTrips, unittest.TestCase):
    """What Weir registers as a descriptor it reads (P03)."""

    library, formats, protobuf_form = "confluent", ("PROTOBUF",), "base64"

    def columns(self, form):
        """Its own confluent/type/decimal.proto has another name, so that it finds none."""
        return [(n, t) for n, t in rows.COLUMNS if "DECIMAL" not in t]


class KafkaJs(JavaScript, clients_fixture.RoundTrips, unittest.TestCase):
    library = "kafkajs"
    options = {"PROTOBUF": ", VALUE_PROTOBUF_MESSAGE_INDEX='NONE'"}
    plain_keys = ("AVRO", "PROTOBUF", "JSON_SR")  # it takes no schema without a name

    def columns(self, form):
        """It takes no Protobuf imports."""
        if form != "PROTOBUF":
            return super().columns(form)
        return [(n, t) for n, t in rows.COLUMNS
                if not any(word in t for word in ("DECIMAL", "DATE", "TIME"))]

    def cannot(self, form, name):
        """It validates, and NaN is no number of JSON; it fails where a message has no field."""
        return (form, name) in {("JSON_SR", "nan"), ("JSON_SR", "largest"), ("PROTOBUF", "nulls")}


if __name__ == "__main__":
    service.main()
