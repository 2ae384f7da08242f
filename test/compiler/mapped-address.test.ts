/** `ipv4Mapped`: IPv4 addresses where IPv6 ones are kept. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ethernet, ipv4, packet, udp } from "../../src/packets/index.ts";
import { evaluate, run, withImports } from "./program.ts";

const MAPPED = `import { ipv4Mapped } from "skep/bpf/net";\n`;

test("is a key, a value and a field, and text for its user", async () => {
  const source = withImports(`${MAPPED}
    interface Peer { port: u16; address: Ipv6Address }
    export const seen = hash<Ipv6Address, u64>({ maxEntries: 8 });
    export const peers = hash<u32, Peer>({ maxEntries: 8 });
    export const program = xdp((ctx) => {
      const ip = ctx.packet.at(Ipv4, 14);
      if (ip === null) return XDP_PASS;
      seen.increment(ipv4Mapped(ip.source));
      const peer: Peer = { port: 5, address: ipv4Mapped(ip.destination) };
      peers.set(1, peer);
      peer.address = ipv4Mapped(ip.source);
      peers.set(2, peer);
      return XDP_PASS;
    });`);
  const bytes = packet(ethernet(), ipv4({ source: "192.0.2.1", destination: "203.0.113.7" }), udp());
  const { maps } = await run(source, [bytes, bytes]);
  assert.deepEqual([...maps["seen"]!], [["::ffff:192.0.2.1", 2n]]);
  assert.deepEqual(maps["peers"]!.get(1), { port: 5, address: "::ffff:203.0.113.7" });
  assert.deepEqual(maps["peers"]!.get(2), { port: 5, address: "::ffff:192.0.2.1" });
});

test("equals the address written as text, and no other", async () => {
  const top = `${MAPPED}const one = ipv4("192.0.2.1");`;
  assert.equal(await evaluate('return ipv4Mapped(one) === ipv6("::ffff:192.0.2.1") ? 1 : 0;', { top }), 1n);
  assert.equal(await evaluate('return ipv4Mapped(one) === ipv6("::ffff:192.0.2.2") ? 1 : 0;', { top }), 0n);
});
