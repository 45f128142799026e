#!/usr/bin/env python3
"""The kernel of this machine as the far end of a TAP, for a guest's card: run in a network namespace of its own, by root.

   unshare -n far_end.py TAP ADDRESS/LENGTH COMMAND …     makes TAP, serves echoes on UDP and TCP port 7, runs COMMAND"""

import signal
import socketserver
import subprocess
import sys
import threading

PORT = 7


class Datagrams(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


class Streams(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(1 << 16):
            self.request.sendall(data)


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main(name, address, command):
    for words in (["tuntap", "add", name, "mode", "tap"], ["address", "add", address, "dev", name], ["link", "set", name, "up"]):
        subprocess.run(["ip", *words], check=True)
    socketserver.UDPServer.max_packet_size = 1 << 16
    serve(socketserver.UDPServer(("0.0.0.0", PORT), Datagrams))
    serve(socketserver.ThreadingTCPServer(("0.0.0.0", PORT), Streams))
    with subprocess.Popen(command) as card:
        signal.signal(signal.SIGINT, lambda *_: card.send_signal(signal.SIGINT))
        return card.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
