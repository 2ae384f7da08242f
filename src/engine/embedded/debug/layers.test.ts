/** Layers of packets: what is in them, where it is, and packets that are not what they seem. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HEADERS } from "../../../compiler/typescript/library/headers.ts";
import { hex } from "../../../packets/index.ts";
import { Random } from "../random.ts";
import { LAYER_NAMES, packetLayers } from "./layers.ts";

const MACS = "020000000002 020000000001";
const IPV4 = (protocol: string, length = "001c", flags = "0000") =>
  `45 00 ${length} 0001 ${flags} 40 ${protocol} 0000 cb007142 c0000201`;
const IPV6 = (next: string, length = "0008") =>
  `60000000 ${length} ${next} 40 20010db8000000000000000000000001 20010db8000000000000000000000002`;
const QUESTION = "1234 0100 0001 0000 0000 0000 03777777 07 6578616d706c65 00 001c 0001";

/** `name offset size` of each layer, and some fields of the last one but the payload. */
const PACKETS: readonly (readonly [what: string, packet: string, layers: string, fields?: Record<string, unknown>])[] = [
  [
    "an ARP request",
    `${MACS} 0806 0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202`,
    "eth 0 14, arp 14 28",
    {
      operation: 1n,
      senderProtocol: "192.0.2.1",
      targetHardware: "00:00:00:00:00:00",
    },
  ],
  [
    "TCP in IPv4, with options",
    `${MACS} 0800 ${IPV4("06", "0030")} 01bb c000 00000001 00000002 7012 ffff 0000 0000 020405b4 01030307`,
    "eth 0 14, ip 14 20, tcp 34 28",
    {
      sourcePort: 443n,
      destinationPort: 49_152n,
      syn: true,
      ack: true,
      fin: false,
      headerLength: 28n,
    },
  ],
  [
    "ICMP and data",
    `${MACS} 0800 ${IPV4("01", "001e")} 08 00 0000 00010002 aabb`,
    "eth 0 14, ip 14 20, icmp 34 8, payload 42 2",
    { type: 8n },
  ],
  [
    "the first fragment in IPv6",
    `${MACS} 86dd ${IPV6("2c", "0010")} 11 00 0001 00000007 0400 0401 0008 0000`,
    "eth 0 14, ipv6 14 40, ipv6Fragment 54 8, udp 62 8",
  ],
  [
    "GRE around what nobody knows",
    `${MACS} 0800 ${IPV4("2f", "001a")} 0000 1234 aabb`,
    "eth 0 14, ip 14 20, gre 34 4, payload 38 2",
  ],
  [
    "a frame in VXLAN",
    `${MACS} 0800 ${IPV4("11", "0034")} c000 12b5 0020 0000 08000000 000abc00 ${MACS} 1234 aabb`,
    "eth 0 14, ip 14 20, udp 34 8, vxlan 42 8, eth 50 14, payload 64 2",
  ],
  ["a later fragment", `${MACS} 0800 ${IPV4("11", "001c", "0010")} 0035 0035 0008 0000`, "eth 0 14, ip 14 20, payload 34 8"],
  [
    "UDP behind two VLAN tags",
    `${MACS} 88a8 0064 8100 2005 0800 ${IPV4("11")} 0400 0401 0008 0000`,
    "eth 0 14, vlan 14 4, vlan 18 4, ip 22 20, udp 42 8",
    {
      destinationPort: 1025n,
    },
  ],
  [
    "a question to DNS",
    `${MACS} 0800 ${IPV4("11", "0039")} c000 0035 0025 0000 ${QUESTION}`,
    "eth 0 14, ip 14 20, udp 34 8, dns 42 29",
    {
      name: "www.example",
      type: "AAAA",
      response: false,
    },
  ],
  ["ICMPv6 in IPv6", `${MACS} 86dd ${IPV6("3a")} 80 00 0000 00010001`, "eth 0 14, ipv6 14 40, icmpv6 54 8", { type: 128n }],
  [
    "UDP behind extension headers",
    `${MACS} 86dd ${IPV6("00", "0018")} 3c00000000000000 1100000000000000 0400 0401 0008 0000`,
    "eth 0 14, ipv6 14 40, hopByHop 54 8, destinationOptions 62 8, udp 70 8",
    {
      length: 8n,
    },
  ],
  [
    "a frame in VXLAN",
    `${MACS} 0800 ${IPV4("11", "004e")} c000 12b5 003a 0000 08000000 00004d00 ${MACS} 0800 ${IPV4("01")} 08 00 0000 00010002`,
    "eth 0 14, ip 14 20, udp 34 8, vxlan 42 8, eth 50 14, ip 64 20, icmp 84 8",
    { type: 8n, rest: 0x10002n },
  ],
  ["a header longer than its packet", `${MACS} 0800 4f 00 ${"00".repeat(18)}`, "eth 0 14, ip 14 20", { headerLength: 60n }],
  ["an unknown type", `${MACS} 88b5 0102`, "eth 0 14, payload 14 2"],
  ["IPv4 cut off", `${MACS} 0800 4500001c`, "eth 0 14, payload 14 4"],
  ["nothing", "", ""],
];

describe("layers", () => {
  for (const [what, packet, layers, fields = {}] of PACKETS) {
    it(what, () => {
      const found = packetLayers(hex(packet));
      assert.equal(found.map(({ name, offset, size }) => `${name} ${offset} ${size}`).join(", "), layers);
      const last = found.findLast(({ name }) => name !== "payload");
      for (const [name, value] of Object.entries(fields)) {
        assert.equal(last?.fields.find((field) => field.name === name)?.value, value, name);
      }
    });
  }

  it("fields are called as programs call them", () => {
    const layers = PACKETS.flatMap(([, packet]) => packetLayers(hex(packet)));
    const called: Readonly<Record<string, string>> = { Ethernet: "eth", Ipv4: "ip" };
    for (const [header, { fields }] of Object.entries(HEADERS)) {
      const known = called[header] ?? `${header.slice(0, 1).toLowerCase()}${header.slice(1)}`;
      // Programs have views of more protocols than there are layers.
      if (!LAYER_NAMES.includes(known)) continue;
      const layer = layers.find(({ name }) => name === known);
      const names = layer?.fields.map(({ name }) => name) ?? [];
      const missing = Object.keys(fields).filter((field) => !names.includes(field));
      assert.deepEqual(missing, [], header);
    }
  });

  it("names of control characters are shown as RFC 1035 writes them", () => {
    const evil = QUESTION.replace("03777777", "031b5b41");
    const dns = packetLayers(hex(`${MACS} 0800 ${IPV4("11", "0039")} c000 0035 0025 0000 ${evil}`)).at(-1);
    assert.equal(dns?.fields.find(({ name }) => name === "name")?.value, "\\027[A.example");
  });

  it("take up the packet without gaps, whatever is in it", () => {
    const random = new Random(1);
    for (let round = 0; round < 3000; round++) {
      const [, known = ""] = PACKETS[random.next() % PACKETS.length] ?? [];
      const packet = hex(known).slice(0, random.next() % 80);
      for (let change = 0; change < 3; change++) packet[random.next() % Math.max(1, packet.length)] = random.next();
      let end = 0;
      for (const { offset, size, fields } of packetLayers(packet)) {
        assert.ok(offset === end && offset + size <= packet.length);
        for (const field of fields) assert.ok(field.offset >= offset && field.offset + field.size <= packet.length);
        end = offset + size;
      }
      assert.equal(end, packet.length);
    }
  });
});
