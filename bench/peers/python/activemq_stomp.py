"""stomp.py as its documentation uses it: a listener, persistent messages, client-individual acknowledgement. Each
SEND asks for a receipt, as mqbench's do, with as many in flight."""

import threading

import stomp

from peer import Counter, produce, say, settings

s = settings()
connection = stomp.Connection([(s["host"], s["port"])])
queue = f"/queue/{s['destination']}"


class Producer(stomp.ConnectionListener):
    def __init__(self):
        self.room = threading.Semaphore(s["inFlight"])

    def on_receipt(self, _frame):
        self.room.release()


class Consumer(stomp.ConnectionListener):
    def __init__(self):
        self.counter = Counter()

    def on_receipt(self, _frame):
        say(ready=True)

    def on_message(self, frame):
        self.counter.add()
        connection.ack(frame.headers["message-id"], frame.headers["subscription"])


if s["role"] == "producer":
    listener = Producer()
    connection.set_listener("", listener)
    connection.connect(s["username"], s["password"], wait=True)
    body = "x" * s["size"]

    def send(messages):
        for i in range(messages):
            listener.room.acquire()
            connection.send(queue, body, headers={"persistent": "true", "receipt": str(i)})
        # All receipts are in when the whole room is free again.
        for _ in range(s["inFlight"]):
            listener.room.acquire()
        listener.room.release(s["inFlight"])

    produce(send)
else:
    connection.set_listener("", Consumer())
    connection.connect(s["username"], s["password"], wait=True)
    connection.subscribe(
        queue,
        id="1",
        ack="client-individual",
        headers={"activemq.prefetchSize": str(s["prefetch"]), "receipt": "subscribed"},
    )
    threading.Event().wait()
