/** A router of four roads, as `ip` commands and as a room, and what programs ask of it. */

import type { RoomDescription } from "../../../src/engine/embedded/room/room.ts";

export const LINKS = [
  [
    { host: "router", interface: "lan", mac: "02:00:00:00:01:01", addresses: ["10.0.0.1/24", "2001:db8:1::1/64"] },
    { host: "far", interface: "lan", addresses: ["10.0.0.2/24"] },
  ],
  [
    { host: "router", interface: "wan", mac: "02:00:00:00:01:02", addresses: ["192.0.2.1/30", "2001:db8:2::1/64"] },
    { host: "far", interface: "wan", addresses: ["192.0.2.2/30"] },
  ],
] as const;

/** For `ip`, in the router. */
export const COMMANDS = [
  "link set wan mtu 1400",
  "route add default via 192.0.2.2 dev wan metric 50",
  "route add 10.1.0.0/16 via 10.0.0.9 dev lan",
  "route add 10.1.2.0/24 via 192.0.2.2 dev wan metric 7 src 10.0.0.1",
  "route add 10.1.2.128/25 via 10.0.0.9 dev lan mtu lock 900",
  "route add 10.2.0.0/16 dev lan",
  "route add blackhole 10.3.0.0/16",
  "route add unreachable 10.4.0.0/16",
  "route add prohibit 10.5.0.0/16",
  "route add 10.6.0.0/16 via 10.0.0.9 dev lan table 77",
  "route add 2001:db8:f::/48 via 2001:db8:2::2 dev wan metric 9",
  "neigh replace 192.0.2.2 lladdr 02:00:00:00:02:02 dev wan nud permanent",
  "neigh replace 10.0.0.9 lladdr 02:00:00:00:02:09 dev lan nud permanent",
  "neigh replace 2001:db8:2::2 lladdr 02:00:00:00:02:22 dev wan nud permanent",
] as const;

export const SETTINGS = ["/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"] as const;

/** @param lan and `wan`: the numbers that the kernel gave. */
export function room(lan: number, wan: number): RoomDescription {
  return {
    devices: [
      { name: "lan", ifindex: lan, mac: "02:00:00:00:01:01", addresses: ["10.0.0.1/24", "2001:db8:1::1/64"] },
      { name: "wan", ifindex: wan, mac: "02:00:00:00:01:02", mtu: 1400, addresses: ["192.0.2.1/30", "2001:db8:2::1/64"] },
    ],
    routes: [
      { to: "default", via: "192.0.2.2", device: "wan", metric: 50 },
      { to: "10.1.0.0/16", via: "10.0.0.9", device: "lan" },
      { to: "10.1.2.0/24", via: "192.0.2.2", device: "wan", metric: 7, source: "10.0.0.1" },
      { to: "10.1.2.128/25", via: "10.0.0.9", device: "lan", mtu: 900 },
      { to: "10.2.0.0/16", device: "lan" },
      { to: "10.3.0.0/16", type: "blackhole" },
      { to: "10.4.0.0/16", type: "unreachable" },
      { to: "10.5.0.0/16", type: "prohibit" },
      { to: "10.6.0.0/16", via: "10.0.0.9", device: "lan", table: 77 },
      { to: "2001:db8:f::/48", via: "2001:db8:2::2", device: "wan", metric: 9 },
    ],
    neighbours: [
      { address: "192.0.2.2", mac: "02:00:00:00:02:02", device: "wan" },
      { address: "10.0.0.9", mac: "02:00:00:00:02:09", device: "lan" },
      { address: "2001:db8:2::2", mac: "02:00:00:00:02:22", device: "wan" },
    ],
  };
}

/** Packets that ask (fixtures/route.bpf.c). */
export function questions(lan: number, wan: number, address: (text: string) => Uint8Array): Uint8Array[] {
  const destinations = [
    ...["8.8.8.8", "10.0.0.1", "10.0.0.5", "10.0.0.9", "10.1.9.9", "10.1.2.3", "10.1.2.200", "10.2.3.4", "10.3.1.1"],
    ...["10.4.1.1", "10.5.1.1", "10.6.1.1", "192.0.2.2", "192.0.2.3"],
    ...["2001:db8:f::1", "2001:db8:1::5", "2001:db8:2::2", "2001:db8:2::1", "2001:db8:dead::1", "fe80::1", "ff02::1"],
  ];
  const asked: Uint8Array[] = [];
  for (const destination of destinations) {
    const bytes = address(destination);
    for (const ifindex of [lan, wan, 99])
      for (const flags of [0, 1, 2, 4, 5, 16, 20, 9, 64])
        for (const length of [0, 700, 1390, 1450]) {
          // Table 77 has no route but the one: other lookups there say so.
          const packet = new Uint8Array(64);
          const view = new DataView(packet.buffer);
          packet[0] = flags;
          packet[1] = ifindex;
          view.setUint16(2, length);
          view.setUint32(4, asked.length, true);
          view.setUint32(8, 77, true);
          view.setUint16(12, bytes.length === 4 ? 0x0800 : 0x86dd);
          packet.set(address(bytes.length === 4 ? "10.0.0.77" : "2001:db8:1::77"), 14);
          packet.set(bytes, 30);
          asked.push(packet);
        }
  }
  return asked;
}
