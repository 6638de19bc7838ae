"""pika as RabbitMQ's tutorial two (work queues) uses it: BlockingConnection, a durable queue, persistent messages,
an acknowledgement for each. With `confirms` also publisher confirms, as pika's documentation shows them for a
BlockingConnection: then every publish waits for its own."""

import pika

from peer import Counter, produce, say, settings

s = settings()
connection = pika.BlockingConnection(
    pika.ConnectionParameters(
        host=s["host"],
        port=s["port"],
        virtual_host=s["vhost"],
        credentials=pika.PlainCredentials(s["username"], s["password"]),
    )
)
channel = connection.channel()

if s["role"] == "producer":
    if s["confirms"]:
        channel.confirm_delivery()
    body = b"x" * s["size"]
    properties = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)

    def send(messages):
        for _ in range(messages):
            channel.basic_publish(exchange="", routing_key=s["destination"], body=body, properties=properties)

    produce(send)
else:
    counter = Counter()

    def on_message(ch, method, _properties, _body):
        counter.add()
        ch.basic_ack(delivery_tag=method.delivery_tag)

    channel.basic_qos(prefetch_count=s["prefetch"])
    channel.basic_consume(queue=s["destination"], on_message_callback=on_message)
    say(ready=True)
    channel.start_consuming()
