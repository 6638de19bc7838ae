"""kafka-python as its documentation uses it: send() without waiting, flush() at the end, a consumer group that
commits by itself. acks=all, as mqbench has it."""

from kafka import KafkaConsumer, KafkaProducer

from peer import Counter, produce, say, settings

s = settings()
common = {
    "bootstrap_servers": f"{s['host']}:{s['port']}",
    "security_protocol": "SASL_PLAINTEXT",
    "sasl_mechanism": "PLAIN",
    "sasl_plain_username": s["username"],
    "sasl_plain_password": s["password"],
}

if s["role"] == "producer":
    producer = KafkaProducer(acks="all", **common)
    body = b"x" * s["size"]

    def send(messages):
        for _ in range(messages):
            producer.send(s["destination"], body)
        producer.flush()

    produce(send)
else:
    consumer = KafkaConsumer(
        s["destination"], group_id=s["destination"] + "-peer", auto_offset_reset="earliest", **common
    )
    counter = Counter()
    # Ready when the group has settled: every consumer has one partition.
    while len(consumer.assignment()) != 1:
        consumer.poll(timeout_ms=100)
    say(ready=True)
    for message in consumer:
        counter.add()
