#!/usr/bin/python3
"""The lab's client: posts numbered entries all the time and writes down what it was told.

A request is started every --interval-ms, whatever became of those before it, on a connection of its own (or, with --keep-alive,
on one of --concurrency connections). Connecting is tried again until it works or --timeout is over, as nothing was sent yet;
a request that was sent and failed is written down as failed and never sent again.

One JSON line per request: number, outcome (answered, failed), and, as seconds of CLOCK_REALTIME: started_at, connecting_at (the
attempt that led to a connection, or the last one), connected_at, sent_at, ended_at; for what is compared within one host also the same by CLOCK_MONOTONIC (…_mono). Runs until SIGTERM or SIGINT:
then nothing new is started and what is under way is waited for.
"""

import argparse
import asyncio
import json
import signal
import socket
import struct
import sys
import time

CONNECT_ATTEMPT_S = 0.1   # on this LAN a connection takes 5 ms; the kernel alone would try again after a second
CONNECT_PAUSE_S = 0.01
KEEPALIVE_IDLE_S = 1      # a machine that took over an address knows nothing of old connections: asked, it says so
KEEPALIVE_TRIES = 100     # silence alone ends no request before its --timeout
MOST_OUTSTANDING = 1000
CLOCKS = (("", time.time), ("_mono", time.monotonic))


class Attempt:
    """One request's life, as it is written down."""

    def __init__(self, number):
        self.line = {"number": number}
        self.mark("started_at")

    def mark(self, what):
        for suffix, clock in CLOCKS:
            self.line[what + suffix] = round(clock(), 6)

    def end(self, outcome, **details):
        self.mark("ended_at")
        self.line.update(outcome=outcome, **details)


class Client:
    def __init__(self, arguments, log):
        self._arguments = arguments
        self._log = log
        self._next = arguments.first
        self._outstanding = set()
        self._stopping = asyncio.Event()
        self._answered = self._failed = 0
        self._kept = asyncio.Queue()   # idle connections, with --keep-alive

    async def run(self):
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        started = loop.time()
        count = 0
        while not self._stopping.is_set() and (not self._arguments.count or count < self._arguments.count):
            if len(self._outstanding) < self._limit():
                count += 1
                task = asyncio.create_task(self._post())
                self._outstanding.add(task)
                task.add_done_callback(self._outstanding.discard)
            due = started + count * self._arguments.interval_ms / 1000
            await self._sleep_until_stop(max(due - loop.time(), 0.001))
        if self._outstanding:
            await asyncio.wait(self._outstanding)
        print(f"client: {self._answered} answered, {self._failed} failed", file=sys.stderr)

    def _limit(self):
        return self._arguments.concurrency if self._arguments.keep_alive else MOST_OUTSTANDING

    async def _sleep_until_stop(self, seconds):
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except asyncio.TimeoutError:
            pass

    async def _post(self):
        attempt = Attempt(self._next)
        self._next += 1
        connection = None
        try:
            connection = await asyncio.wait_for(self._exchange(attempt), self._arguments.timeout)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            attempt.end("failed", sent="sent_at" in attempt.line, failure=f"{type(error).__name__}: {error}".rstrip(": "))
        self._answered += attempt.line["outcome"] == "answered"
        self._failed += attempt.line["outcome"] == "failed"
        self._log.write(json.dumps(attempt.line) + "\n")
        self._log.flush()
        if connection:
            self._kept.put_nowait(connection)

    async def _exchange(self, attempt):
        """Connects (or takes a kept connection), asks and reads the answer; answers the connection if it may be kept."""
        reader, writer = self._take_kept()
        if reader:
            attempt.line["kept"] = True
            attempt.mark("connecting_at")
        else:
            reader, writer = await asyncio.open_connection(sock=await self._connect(attempt))
        attempt.mark("connected_at")
        keep = False
        try:
            body = json.dumps({"number": attempt.line["number"]})
            connection = "keep-alive" if self._arguments.keep_alive else "close"
            attempt.mark("sent_at")   # from here on the job may have it
            writer.write(f"POST /entries HTTP/1.1\r\nHost: {self._arguments.address}\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n{body}".encode())
            status, head, answer = await self._read_answer(reader)
            if status != 201:
                attempt.end("failed", sent=True, failure=f"status {status}: {answer[:100]}")
                return None
            told = json.loads(answer)
            attempt.end("answered", sequence=told["sequence"], machine=told["machine"])
            keep = self._arguments.keep_alive and "connection: close" not in head.lower()
            return (reader, writer) if keep else None
        finally:
            if not keep:
                writer.close()

    def _take_kept(self):
        """A connection that was kept and that the other end has not closed since."""
        while not self._kept.empty():
            reader, writer = self._kept.get_nowait()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None, None

    async def _connect(self, attempt):
        loop = asyncio.get_running_loop()
        while True:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_IDLE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_TRIES)
            attempt.mark("connecting_at")
            try:
                await asyncio.wait_for(loop.sock_connect(sock, (self._arguments.address, self._arguments.port)), CONNECT_ATTEMPT_S)
                return sock
            except (OSError, asyncio.TimeoutError):
                # A connection that may have come about after all is reset: nobody is to wait for its request.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.close()
                await asyncio.sleep(CONNECT_PAUSE_S)
            except asyncio.CancelledError:
                sock.close()
                raise

    @staticmethod
    async def _read_answer(reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        return int(head.split(" ")[1]), head, (await reader.readexactly(length)).decode()


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("log", help="file for the lines, appended to")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--first", type=int, default=1, help="number of the first entry")
    parser.add_argument("--count", type=int, default=0, help="end after so many requests (default: at a signal)")
    parser.add_argument("--interval-ms", type=float, default=50)
    parser.add_argument("--timeout", type=float, default=60, help="seconds that one request may take in all")
    parser.add_argument("--keep-alive", action="store_true", help="keep connections and use them again")
    parser.add_argument("--concurrency", type=int, default=4, help="connections with --keep-alive")
    return parser.parse_args()


def main():
    arguments = parse()
    with open(arguments.log, "a", encoding="utf-8") as log:
        asyncio.run(Client(arguments, log).run())


if __name__ == "__main__":
    main()
