/** TCP connections as they open, and as they do not. */

import type { Play } from "../plays.ts";

const [ESTABLISHED, SYN_SENT, CLOSE, SYN_RECEIVED] = [1, 2, 7, 3];

const networkOrder = (port: number): number => ((port & 0xff) << 8) | (port >>> 8);
/** As the machine reads the four bytes. */
const ip4 = (text: string): number => {
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
};

export const connections: Play = {
  happen(engine) {
    const { kernel } = engine;
    const socket = (common: Record<string, number | Record<string, unknown>>) =>
      kernel.object("sock", { __sk_common: common as never });
    const v4 = (address: string, port: number) =>
      socket({ skc_family: 2, skc_daddr: ip4(address), skc_dport: networkOrder(port) });
    const v6 = (last: number, port: number) => {
      const u6_addr8 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
      return socket({ skc_family: 10, skc_v6_daddr: { in6_u: { u6_addr8 } }, skc_dport: networkOrder(port) });
    };
    let time = 1_000_000_000;
    const changed = (sk: ReturnType<typeof v4>, from: number, to: number, after: number) => {
      time += after;
      engine.emit("raw_tp/inet_sock_set_state", { args: [sk, from, to] }, { time });
    };
    for (let round = 0; round < 12; round++) {
      // From 1 microsecond to 67 seconds, four times as long each time.
      const one = v4(`192.0.2.${1 + (round % 3)}`, 443);
      changed(one, CLOSE, SYN_SENT, 1_000);
      changed(one, SYN_SENT, ESTABLISHED, 1_000 * 4 ** round);
      changed(one, ESTABLISHED, CLOSE, 5_000);
      const other = v6(round % 2, 80);
      changed(other, CLOSE, SYN_SENT, 1_000);
      changed(other, SYN_SENT, ESTABLISHED, 250_000 + round);
      // Refused: nothing opens.
      const refused = v4("192.0.2.99", 25);
      changed(refused, CLOSE, SYN_SENT, 1_000);
      changed(refused, SYN_SENT, CLOSE, 90_000);
      // Somebody else connects to us.
      const incoming = v4("192.0.2.50", 51_000 + round);
      changed(incoming, SYN_RECEIVED, ESTABLISHED, 10);
    }
    changed(v4("192.0.2.77", 443), CLOSE, SYN_SENT, 1);
  },
  observe: (stage) => ({
    histogram: stage.entries("histogram"),
    destinations: stage.entries("destinations"),
    opening: stage.entries("opening").length,
  }),
};
