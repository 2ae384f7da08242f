/** What a process does that is observed: each by a word of a command and its argument. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createConnection, createServer } from "node:net";

export const ACTIONS: Readonly<Record<string, (argument: string) => unknown>> = {
  getppid(count) {
    let sum = 0;
    for (let left = Number(count); left > 0; left--) sum += process.ppid & 1;
    return sum >= 0;
  },
  /** Of the processor's time: on a busy machine it takes longer. */
  spin(milliseconds) {
    const begin = process.cpuUsage();
    let used = 0;
    while (used < Number(milliseconds) * 1000) used = process.cpuUsage(begin).user + process.cpuUsage(begin).system;
    return true;
  },
  /** Serves on a port (0: any), connects to it, sends five bytes and gets them back. */
  async tcp(port) {
    const server = createServer((socket) => socket.pipe(socket)).listen(Number(port), "127.0.0.1");
    await once(server, "listening");
    try {
      const client = createConnection((server.address() as AddressInfo).port, "127.0.0.1");
      client.write("hello");
      const [answer] = await once(client, "data");
      client.destroy();
      return String(answer);
    } finally {
      server.close();
    }
  },
  async unix(path) {
    const server = createServer((socket) => socket.end()).listen(path);
    await once(server, "listening");
    const client = createConnection(path);
    await once(client, "connect");
    client.destroy();
    server.close();
    rmSync(path, { force: true });
    return true;
  },
  async udp(port) {
    const socket = createSocket("udp4").bind(Number(port), "127.0.0.1");
    await once(socket, "listening");
    socket.send("hello", socket.address().port, "127.0.0.1");
    const [message] = await once(socket, "message");
    // getsockopt and setsockopt.
    socket.setBroadcast(true);
    const size = socket.getSendBufferSize();
    socket.close();
    return size > 0 ? String(message) : "";
  },
  read: (path) => readFileSync(path, "latin1").length > 0,
  open(path) {
    closeSync(openSync(path, "r"));
    return true;
  },
};
