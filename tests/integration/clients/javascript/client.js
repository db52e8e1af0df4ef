// SPDX-License-Identifier: Apache-2.0
// Two clients for JavaScript over kafkajs: Confluent's registry client, and kafkajs' own
// (request.library). Writes or reads the records of one request; ../README.md has the protocol.
'use strict';
const fs = require('fs');
const { Kafka, logLevel } = require('kafkajs');

// ---- values ----

const bits = (number) => {
  const b = Buffer.alloc(8);
  b.writeDoubleBE(number);
  return b.toString('hex');
};
const double = (text) => Buffer.from(text, 'hex').readDoubleBE(0);
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

// The unscaled integer of a decimal, big-endian two's complement, and back.
function unscaled(text, size) {
  let value = BigInt(text.replace('.', ''));
  let length = 1;
  while (BigInt.asIntN(8 * length, value) !== value) length++;
  length = size || length;
  const bytes = Buffer.alloc(length);
  for (let i = length - 1; i >= 0; i--, value >>= 8n) bytes[i] = Number(BigInt.asUintN(8, value));
  return bytes;
}
function scaled(bytes, scale) {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(8 * bytes.length, value);
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  return scale ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : sign + digits;
}

const entriesOf = (object, f) => Object.fromEntries(Object.entries(object).map(([k, v]) => [k, f(v)]));

// What avsc takes and gives without logical types: numbers and Buffers.
class Avro {
  constructor(part) {
    this.entries = part.entries;
  }
  to(tree, v) {
    if (v === null) return null;
    switch (tree.type) {
      case 'BIGINT': case 'TIME': case 'TIMESTAMP': return Number(v);
      case 'DOUBLE': return double(v);
      case 'BYTES': return Buffer.from(v, 'base64');
      case 'DECIMAL': return unscaled(v, !this.entries && tree.precision > 30 ? 16 : 0);
      case 'ARRAY': return v.map((x) => this.to(tree.of, x));
      case 'MAP':
        if (this.entries) return Object.entries(v).map(([key, x]) => ({ key, value: this.to(tree.of, x) }));
        return entriesOf(v, (x) => this.to(tree.of, x));
      case 'STRUCT': return Object.fromEntries(tree.fields.map(([n, t]) => [n, this.to(t, v[n])]));
      default: return v;
    }
  }
  back(tree, v) {
    if (v === null || v === undefined) return null;
    switch (tree.type) {
      case 'BIGINT': case 'TIME': case 'TIMESTAMP': return String(v);
      case 'DOUBLE': return bits(v);
      case 'BYTES': return base64(v);
      case 'DECIMAL': return scaled(v, tree.scale);
      case 'ARRAY': return v.map((x) => this.back(tree.of, x));
      case 'MAP':
        if (Array.isArray(v)) return Object.fromEntries(v.map((e) => [e.key, this.back(tree.of, e.value)]));
        return entriesOf(v, (x) => this.back(tree.of, x));
      case 'STRUCT': return Object.fromEntries(tree.fields.map(([n, t]) => [n, this.back(t, v[n])]));
      default: return v;
    }
  }
}

// Numbers as JSON has them; base64; NaN and the infinities as words.
class Json extends Avro {
  to(tree, v) {
    if (v === null) return null;
    switch (tree.type) {
      case 'BYTES': return v;
      case 'DECIMAL': return Number(v);
      case 'DOUBLE': return Number.isFinite(double(v)) ? double(v) : String(double(v));
      default: return super.to(tree, v);
    }
  }
  back(tree, v) {
    if (v === null || v === undefined) return null;
    switch (tree.type) {
      case 'BYTES': return v;
      case 'DECIMAL': return v.toFixed(tree.scale);
      case 'DOUBLE': return bits(Number(v));
      default: return super.back(tree, v);
    }
  }
}

const DAY_MS = 86400000;

// Objects for messages; `known` says what the library takes for Timestamp and the like.
class Messages {
  to(tree, v) {
    return Object.fromEntries(tree.fields.filter(([n]) => v[n] !== null).map(
      ([n, t]) => [n, this.field(t, v[n])]));
  }
  field(t, v) {
    if (t.type === 'ARRAY') return v.map((x) => this.one(t.of, x));
    if (t.type === 'MAP' && this.entries) {
      return Object.entries(v).map(([key, x]) => ({ key, value: this.one(t.of, x) }));
    }
    if (t.type === 'MAP') return entriesOf(v, (x) => this.one(t.of, x));
    return this.one(t, v);
  }
  one(t, v) {
    switch (t.type) {
      case 'BIGINT': return this.long(v);
      case 'DOUBLE': return double(v);
      case 'BYTES': return Buffer.from(v, 'base64');
      case 'STRUCT': return this.to(t, v);
      case 'DECIMAL': return { value: unscaled(v), precision: t.precision, scale: t.scale };
      case 'TIMESTAMP': return {
        seconds: this.long(Math.floor(Number(v) / 1000)), nanos: ((Number(v) % 1000) + 1000) % 1000 * 1000000 };
      case 'DATE': {
        const day = new Date(v * DAY_MS);
        return { year: day.getUTCFullYear(), month: day.getUTCMonth() + 1, day: day.getUTCDate() };
      }
      case 'TIME': {
        const seconds = Math.floor(Number(v) / 1000);
        return { hours: Math.floor(seconds / 3600), minutes: Math.floor(seconds / 60) % 60,
          seconds: seconds % 60, nanos: (Number(v) % 1000) * 1000000 };
      }
      default: return v;
    }
  }
  back(tree, m) {
    return Object.fromEntries(tree.fields.map(([n, t]) => [n, this.backField(t, m, n)]));
  }
  backField(t, m, name) {
    if (t.type === 'ARRAY') return (m[name] || []).map((x) => this.backOne(t.of, x));
    const v = Object.prototype.hasOwnProperty.call(m, name) ? m[name] : undefined;
    if (t.type === 'MAP' && Array.isArray(v)) {
      return Object.fromEntries(v.map((e) => [e.key, e.value === null || e.value === undefined
        ? null : this.backOne(t.of, e.value)]));
    }
    if (t.type === 'MAP') return entriesOf(v || {}, (x) => this.backOne(t.of, x));
    return v === undefined || v === null ? null : this.backOne(t, v);
  }
  backOne(t, v) {
    switch (t.type) {
      case 'BIGINT': return String(v);
      case 'DOUBLE': return bits(v);
      case 'BYTES': return base64(v);
      case 'STRUCT': return this.back(t, v);
      case 'DECIMAL': return scaled(v.value, t.scale);
      case 'TIMESTAMP': return String(Number(v.seconds) * 1000 + v.nanos / 1000000);
      case 'DATE': return new Date(0).setUTCFullYear(v.year, v.month - 1, v.day) / DAY_MS;
      case 'TIME': return String(((v.hours * 60 + v.minutes) * 60 + v.seconds) * 1000 + v.nanos / 1000000);
      default: return v;
    }
  }
}

// Keys without a format of the registry.
const text = { write: async (v) => v, read: async (bytes) => bytes.toString() };

// ---- Confluent's client ----

class Confluent {
  constructor(request) {
    const sr = require('@confluentinc/schemaregistry');
    this.sr = sr;
    this.request = request;
    this.client = new sr.SchemaRegistryClient({ baseURLs: [request.registry] });
    this.kinds = {
      AVRO: [Avro, sr.AvroSerializer, sr.AvroDeserializer],
      JSON_SR: [Json, sr.JsonSerializer, sr.JsonDeserializer],
      PROTOBUF: [Messages, sr.ProtobufSerializer, sr.ProtobufDeserializer],
    };
  }
  async prepare(part, name) {
    if (!part) return text;
    const { sr, request } = this;
    const [Form, Serializer, Deserializer] = this.kinds[request.format];
    const serde = name === 'key' ? sr.SerdeType.KEY : sr.SerdeType.VALUE;
    const form = new Form(part);
    let make = (v) => v;
    const conf = { autoRegisterSchemas: false, useLatestVersion: true };
    if (request.header) conf.schemaIdSerializer = sr.HeaderSchemaIdSerializer;
    if (request.format === 'PROTOBUF') {
      const { create, createFileRegistry, createMutableRegistry, fromBinary } = require('@bufbuild/protobuf');
      const { FileDescriptorSetSchema } = require('@bufbuild/protobuf/wkt');
      const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(part.descriptors, 'base64')));
      const message = files.getMessage(part.message);
      form.long = (v) => BigInt(v);
      form.entries = part.entriesAreMessages;
      make = (v) => create(message, v);
      conf.registry = createMutableRegistry(...files);
      conf.autoRegisterSchemas = true;
      conf.useLatestVersion = false;
    } else if (request.action === 'write') {
      await this.client.register(`${request.topic}-${name}`, {
        schema: part.schema, schemaType: request.format === 'AVRO' ? 'AVRO' : 'JSON' });
    }
    const [writer, reader] = request.action === 'write'
      ? [new Serializer(this.client, serde, conf), null]
      : [null, new Deserializer(this.client, serde, {})];
    return {
      write: (v, headers) => writer.serialize(request.topic, make(form.to(part.tree, v)), headers),
      read: async (bytes, headers) => form.back(part.tree, await reader.deserialize(request.topic, bytes, headers)),
    };
  }
}

// ---- kafkajs' own ----

class KafkaJs {
  constructor(request) {
    const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry');
    this.request = request;
    this.type = { AVRO: SchemaType.AVRO, JSON_SR: SchemaType.JSON, PROTOBUF: SchemaType.PROTOBUF }[request.format];
    // Strict, as is its usual way, it refuses every schema with words that it does not know.
    this.registry = new SchemaRegistry({ host: request.registry }, { [SchemaType.JSON]: { strict: false } });
  }
  async prepare(part, name) {
    if (!part) return text;
    const { request, registry } = this;
    const form = new { AVRO: Avro, JSON_SR: Json, PROTOBUF: Messages }[request.format](part);
    const Long = require('long');
    form.long = (v) => Long.fromString(String(v));
    form.entries = request.format === 'PROTOBUF' ? part.entriesAreMessages : part.entries;
    let id;
    if (request.action === 'write') {
      ({ id } = await registry.register({ type: this.type, schema: part.schema },
        { subject: `${request.topic}-${name}` }));
    }
    return {
      write: (v) => registry.encode(id, form.to(part.tree, v)),
      read: async (bytes) => form.back(part.tree, await registry.decode(bytes)),
    };
  }
}

// ---- one request ----

async function write(request, kafka, parts) {
  const messages = [];
  for (const row of request.rows) {
    const headers = {};
    const message = { partition: 0, headers };
    for (const name of ['key', 'value']) {
      message[name] = row[name] === null ? null : await parts[name].write(row[name], headers);
    }
    messages.push(message);
  }
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: request.topic, messages });
  await producer.disconnect();
  return { written: messages.length };
}

async function read(request, kafka, parts) {
  const consumer = kafka.consumer({ groupId: `reader-${request.topic}-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [request.topic], fromBeginning: true });
  const messages = await new Promise((resolve, reject) => {
    const all = [];
    setTimeout(() => reject(new Error(`${all.length} records within 60 s`)), 60000).unref();
    consumer.run({ eachMessage: async ({ message }) => {
      all.push(message);
      if (all.length === request.count) resolve(all);
    } }).catch(reject);
  });
  await consumer.disconnect();
  const rows = [];
  for (const message of messages) {
    const row = {};
    for (const name of ['key', 'value']) {
      row[name] = message[name] === null ? null : await parts[name].read(message[name], message.headers);
    }
    rows.push(row);
  }
  return { rows };
}

async function main() {
  const request = JSON.parse(fs.readFileSync(0, 'utf8'));
  const kafka = new Kafka({ brokers: [request.bootstrap], logLevel: logLevel.NOTHING });
  const library = new { confluent: Confluent, kafkajs: KafkaJs }[request.library](request);
  const parts = { key: await library.prepare(request.key, 'key'), value: await library.prepare(request.value, 'value') };
  const answer = await (request.action === 'write' ? write : read)(request, kafka, parts);
  fs.writeSync(1, JSON.stringify(answer));
}

main().then(() => process.exit(0), (error) => {
  fs.writeSync(2, `${error.stack}\n`);
  process.exit(1);
});
