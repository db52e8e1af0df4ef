-- Latency: a filter that lets every record of bench_latency pass. Topics latency_in, latency_out.
SET 'auto.offset.reset' = 'latest';
CREATE STREAM latency_in (
  id VARCHAR KEY, sent BIGINT, number BIGINT, country VARCHAR, browser VARCHAR, ip VARCHAR
) WITH (KAFKA_TOPIC = 'latency_in', VALUE_FORMAT = 'JSON');
CREATE STREAM latency_out WITH (KAFKA_TOPIC = 'latency_out', VALUE_FORMAT = 'JSON') AS
  SELECT id, sent, number, ip
  FROM latency_in
  WHERE browser = 'Chrome' AND country <> 'nowhere'
  EMIT CHANGES;
