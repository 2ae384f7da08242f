/** Packets for the examples on packets. */

import { dns, ethernet, ipv4, ipv6, packet, padding, payload, tcp, udp } from "../../../src/packets/index.ts";
import type { Play, PlayedPacket } from "../plays.ts";

/** Two sources: one sends in time, one sends 400 packets in 40 milliseconds, is quiet for a second, and sends on. */
export function floods(): readonly PlayedPacket[] {
  const from = (source: string, after: number): PlayedPacket => ({
    program: "rateLimit",
    packet: packet(ethernet(), ipv4({ source }), udp({ destinationPort: 9 }), padding()),
    after,
  });
  const flood = Array.from({ length: 400 }, () => from("198.51.100.9", 100_000));
  const steady = Array.from({ length: 100 }, () => from("203.0.113.7", 5_000_000));
  return [...flood, ...steady, from("198.51.100.9", 1_000_000_000), ...flood.slice(0, 50)];
}

/** Queries as they should be, and what is none. */
export function queries(): readonly PlayedPacket[] {
  const ask = (name: string, type: "A" | "AAAA" | "MX" = "A") => dns({ questions: [{ name, type }] });
  const to53 = udp({ sourcePort: 40_000, destinationPort: 53 });
  const long = `${"a".repeat(30)}.${"b".repeat(30)}.${"c".repeat(30)}`;
  return [
    packet(ethernet(), ipv4(), to53, ask("example.org")),
    packet(ethernet(), ipv4(), to53, ask("EXAMPLE.Org")),
    packet(ethernet(), ipv4({ options: new Uint8Array(8) }), to53, ask("example.org", "MX")),
    packet(ethernet(), ipv6(), to53, ask("example.org", "AAAA")),
    packet(ethernet(), ipv4(), to53, ask("x.y.z")),
    // A name that fits, one that just does not, and one that is much too long.
    packet(ethernet(), ipv4(), to53, ask(`${"a".repeat(31)}.${"b".repeat(31)}`)),
    packet(ethernet(), ipv4(), to53, ask(`${"a".repeat(31)}.${"b".repeat(32)}`)),
    packet(ethernet(), ipv4(), to53, ask(long)),
    // An answer, another port, another protocol, a fragment, no question, and one that ends in its name.
    packet(
      ethernet(),
      ipv4(),
      udp({ sourcePort: 53, destinationPort: 53 }),
      dns({ response: true, questions: [{ name: "no.example" }] }),
    ),
    packet(ethernet(), ipv4(), udp({ destinationPort: 5353 }), ask("no.example")),
    packet(ethernet(), ipv4(), tcp({ destinationPort: 53 }), ask("no.example")),
    packet(ethernet(), ipv4({ fragmentOffset: 64 }), to53, ask("no.example")),
    packet(ethernet(), ipv4(), to53, dns()),
    packet(ethernet(), ipv4(), to53, ask("no.example")).slice(0, 60),
    packet(ethernet(), ipv4(), to53).slice(0, 40),
  ].map((each) => ({ program: "dnsCounter", packet: each }));
}

const SERVICE = "192.0.2.1";

/** Clients of a web and a name service, their packets and the answers to them; and who is not meant. */
export const balanced: Play = {
  set(stage) {
    stage.set("services", { address: SERVICE, port: 80, protocol: 6 }, { first: 0, count: 2 });
    stage.set("services", { address: SERVICE, port: 53, protocol: 17 }, { first: 2, count: 1 });
    stage.set("backends", 0, { address: "198.51.100.1", port: 8080 });
    stage.set("backends", 1, { address: "198.51.100.2", port: 8080 });
    stage.set("backends", 2, { address: "198.51.100.3", port: 5353 });
  },
  packets() {
    const all: PlayedPacket[] = [];
    const play = (program: string, bytes: Uint8Array) => all.push({ program, packet: bytes });
    for (let client = 1; client <= 20; client++) {
      const source = `203.0.113.${client}`;
      const sourcePort = 40_000 + client * 7;
      const web = tcp({ sourcePort, destinationPort: 80, syn: client % 2 === 0, ack: client % 2 === 1 });
      play("ingress", packet(ethernet(), ipv4({ source, destination: SERVICE }), web, payload("GET /")));
      for (const backend of ["198.51.100.1", "198.51.100.2"]) {
        const answer = tcp({ sourcePort: 8080, destinationPort: sourcePort, syn: true, ack: true });
        play("egress", packet(ethernet(), ipv4({ source: backend, destination: source }), answer, payload("hello")));
      }
      const ask = udp({ sourcePort, destinationPort: 53 });
      play("ingress", packet(ethernet(), ipv4({ source, destination: SERVICE, options: new Uint8Array(4) }), ask, payload("?")));
      // Without a checksum, as UDP may be: it stays so.
      play(
        "ingress",
        packet(ethernet(), ipv4({ source, destination: SERVICE }), udp({ sourcePort, destinationPort: 53, checksum: 0 })),
      );
      const answer = udp({ sourcePort: 5353, destinationPort: sourcePort });
      play("egress", packet(ethernet(), ipv4({ source: "198.51.100.3", destination: source }), answer, payload("!")));
    }
    const others = [
      packet(ethernet(), ipv4({ destination: SERVICE }), tcp({ destinationPort: 443 })),
      packet(ethernet(), ipv4({ destination: SERVICE, fragmentOffset: 64 }), tcp({ destinationPort: 80 })),
      packet(ethernet(), ipv6(), tcp({ destinationPort: 80 })),
      packet(ethernet(), ipv4({ destination: SERVICE }), tcp({ destinationPort: 80 })).slice(0, 36),
    ];
    for (const bytes of others) for (const program of ["ingress", "egress"]) play(program, bytes);
    return all;
  },
  observe: (stage) => ({ flows: stage.entries("flows"), packets: stage.entries("packets") }),
};
