/** Packets by layers: written as tshark reads them, read back, compared. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { CaptureWriter } from "../engine/embedded/host/write-capture.ts";
import {
  arp,
  describePacket,
  dns,
  ethernet,
  gre,
  hex,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Extension,
  ipv6Fragment,
  layersOf,
  PacketError,
  packet,
  packetDifference,
  padding,
  payload,
  tcp,
  udp,
  vlan,
  vxlan,
} from "./index.ts";

const names = (bytes: Uint8Array) => layersOf(bytes).map(({ name }) => name);

/** Packets, what tshark calls their layers, and one of its fields with the value that it must read. */
const PACKETS: readonly (readonly [packet: Uint8Array, protocols: string, field?: string, value?: string])[] = [
  [
    packet(ethernet(), arp({ operation: 2, targetProtocol: "192.0.2.9" })),
    "eth:ethertype:arp",
    "arp.dst.proto_ipv4",
    "192.0.2.9",
  ],
  [
    packet(ethernet(), ipv4({ ttl: 3 }), udp({ destinationPort: 9999 }), payload("x"), padding()),
    "eth:ethertype:ip:udp:data",
    "ip.ttl",
    "3",
  ],
  [packet(ethernet(), ipv4(), udp({ destinationPort: 9999 }), payload("odd")), "eth:ethertype:ip:udp:data", "udp.length", "11"],
  [packet(ethernet(), ipv4({ options: [7, 7, 4, 0, 0, 0, 0] }), tcp()), "eth:ethertype:ip:tcp", "ip.hdr_len", "28"],
  [
    packet(
      ethernet(),
      ipv4(),
      tcp({ destinationPort: 9999, ack: true, psh: true, sequence: 0xfedcba98, window: 7 }),
      payload(hex("00 01 02")),
    ),
    "eth:ethertype:ip:tcp:data",
    "tcp.window_size_value",
    "7",
  ],
  [
    packet(ethernet(), ipv4(), tcp({ options: { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: [5, 0xffffffff] } })),
    "eth:ethertype:ip:tcp",
    "tcp.options.mss_val",
    "1460",
  ],
  [
    packet(ethernet(), ipv4(), icmp({ identifier: 4, sequence: 9 }), payload("ping")),
    "eth:ethertype:ip:icmp:data",
    "icmp.seq",
    "9",
  ],
  [
    packet(ethernet(), ipv6({ hopLimit: 9 }), udp({ destinationPort: 9999 }), payload("six")),
    "eth:ethertype:ipv6:udp:data",
    "ipv6.hlim",
    "9",
  ],
  [
    packet(ethernet(), ipv6(), icmpv6({ sequence: 3 }), payload("ping")),
    "eth:ethertype:ipv6:icmpv6:data",
    "icmpv6.echo.sequence_number",
    "3",
  ],
  [
    packet(ethernet(), ipv6(), ipv6Extension("hopByHop"), ipv6Extension("destinationOptions", { data: hex("01 0c 00") }), tcp()),
    "eth:ethertype:ipv6:ipv6.hopopts:ipv6.dstopts:tcp",
    "tcp.dstport",
    "80",
  ],
  [
    packet(
      ethernet(),
      ipv6(),
      ipv6Fragment({ identification: 7, moreFragments: true }),
      udp({ checksum: 1, length: 100 }),
      payload("12345678"),
    ),
    "eth:ethertype:ipv6:ipv6.fraghdr:data",
    "ipv6.fraghdr.ident",
    "0x00000007",
  ],
  [
    packet(ethernet(), ipv4({ fragmentOffset: 1480, identification: 5 }), payload("rest")),
    "eth:ethertype:ip:data",
    // In its own units of 8 bytes.
    "ip.frag_offset",
    "185",
  ],
  [
    packet(ethernet(), vlan({ id: 7, service: true }), vlan({ id: 4095, priority: 5 }), ipv4(), udp({ destinationPort: 9999 })),
    "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:udp",
    "vlan.id",
    "4095",
  ],
  [
    packet(ethernet(), ipv4(), udp(), dns({ id: 9, questions: [{ name: "www.example.org", type: "AAAA" }] })),
    "eth:ethertype:ip:udp:dns",
    "dns.qry.name",
    "www.example.org",
  ],
  [
    packet(
      ethernet(),
      ipv6(),
      udp({ sourcePort: 53, destinationPort: 5000 }),
      dns({ questions: [{ name: "example.org" }], answers: [{ name: "example.org", type: "A", data: "192.0.2.77" }] }),
    ),
    "eth:ethertype:ipv6:udp:dns",
    "dns.a",
    "192.0.2.77",
  ],
  [
    packet(ethernet(), ipv4(), gre({ key: 42, sequence: 1, withChecksum: true }), ipv4({ source: "10.0.0.1" }), icmp()),
    "eth:ethertype:ip:gre:ip:icmp",
    "gre.key",
    "0x0000002a",
  ],
  [
    packet(ethernet(), ipv4(), gre(), ethernet(), ipv6(), tcp()),
    "eth:ethertype:ip:gre:eth:ethertype:ipv6:tcp",
    "tcp.dstport",
    "80",
  ],
  [
    packet(ethernet(), ipv4(), udp(), vxlan({ vni: 77 }), ethernet(), ipv4({ ttl: 5 }), tcp({ destinationPort: 443 })),
    "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp",
    "vxlan.vni",
    "77",
  ],
  [packet(ethernet(), ipv4(), ipv6(), udp({ destinationPort: 9999 })), "eth:ethertype:ip:ipv6:udp", "ip.proto", "41"],
];

test("tshark reads what was meant: layers, fields, lengths and checksums", (t) => {
  if (spawnSync("tshark", ["--version"]).status !== 0) return t.skip("needs tshark");
  const folder = mkdtempSync(join(tmpdir(), "skep-packets-"));
  try {
    const file = join(folder, "packets.pcap");
    const writer = new CaptureWriter();
    for (const [data] of PACKETS) writer.add({ data, originalLength: data.length, seconds: 0, nanoseconds: 0 });
    writeFileSync(file, writer.take());
    const fields = ["frame.protocols", "_ws.expert.message", ...new Set(PACKETS.flatMap(([, , field]) => field ?? []))];
    const checks = ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"].flatMap((name) => ["-o", `${name}:TRUE`]);
    const args = ["-n", "-r", file, ...checks, "-o", "ip.defragment:FALSE", "-T", "fields", "-E", "separator=|"];
    const read = spawnSync("tshark", [...args, ...fields.flatMap((field) => ["-e", field])], { encoding: "utf8" });
    assert.equal(read.status, 0, read.stderr);
    const rows = read.stdout.trimEnd().split("\n");
    for (const [index, [bytes, protocols, field, value]] of PACKETS.entries()) {
      const row = rows[index]!.split("|");
      assert.equal(row[0], protocols, describePacket(bytes));
      assert.doesNotMatch(row[1]!, /checksum|malformed|length|bogus|unknown/i, describePacket(bytes));
      if (field !== undefined) assert.equal(row[fields.indexOf(field)], value, describePacket(bytes));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("reading", () => {
  test("gives back the layers that were written, tunnels and padding too", () => {
    const bytes = packet(ethernet(), ipv4({ ttl: 3 }), udp({ destinationPort: 9 }), payload("x"), padding());
    assert.deepEqual(names(bytes), ["ethernet", "ipv4", "udp", "payload", "padding"]);
    assert.deepEqual(names(packet(ethernet(), ipv4(), udp(), vxlan(), ethernet(), ipv6(), ipv6Extension("routing"), tcp())), [
      ..."ethernet ipv4 udp vxlan ethernet ipv6 routing tcp".split(" "),
    ]);
    const [, ip] = layersOf(bytes);
    assert.deepEqual([ip?.offset, ip?.size, ip?.fields["ttl"], ip?.fields["destination"]], [14, 20, 3, "192.0.2.2"]);
  });

  test("whatever is written is written again the same from what was read", () => {
    for (const [bytes] of PACKETS) assert.deepEqual(packetDifference(bytes, bytes.slice()), []);
    const again = PACKETS.map(([bytes]) => layersOf(bytes).reduce((sum, { size }) => sum + size, 0));
    assert.deepEqual(
      again,
      PACKETS.map(([bytes]) => bytes.length),
      "every byte belongs to a layer",
    );
  });

  test("what is cut off or malformed is a payload, and nothing throws", () => {
    let seed = 1;
    const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 1);
    for (const [bytes] of PACKETS) {
      for (let length = 0; length < bytes.length; length++) layersOf(bytes.subarray(0, length));
      for (let round = 0; round < 200; round++) {
        const broken = bytes.slice();
        for (let change = 0; change < 3; change++) broken[random() % broken.length] = random() & 255;
        const layers = layersOf(broken);
        assert.equal(
          layers.reduce((sum, { size }) => sum + size, 0),
          broken.length,
        );
      }
    }
  });
});

describe("writing", () => {
  test("what is given is written, right or wrong", () => {
    const bytes = packet(
      ethernet({ type: 0x1234 }),
      ipv4({ version: 5, headerLength: 60, totalLength: 1, checksum: 0xdead, protocol: 200 }),
      udp({ length: 3, checksum: 0 }),
    );
    assert.equal(new DataView(bytes.buffer).getUint16(12), 0x1234);
    assert.deepEqual([bytes[14], bytes[23]], [0x5f, 200]);
    assert.deepEqual([...bytes.subarray(24, 26), ...bytes.subarray(38, 42)], [0xde, 0xad, 0, 3, 0, 0]);
  });

  test("what does not fit says where", () => {
    for (const [make, path] of [
      [() => packet(ethernet({ source: "02:00" })), "ethernet.source"],
      [() => packet(ipv4({ ttl: 256 })), "ipv4.ttl"],
      [() => packet(ipv4({ fragmentOffset: 4 })), "ipv4.fragmentOffset"],
      [() => packet(ipv4({ source: "2001:db8::1" })), "ipv4.source"],
      [() => packet(ipv4({ options: new Uint8Array(41) })), "ipv4.options"],
      [() => packet(tcp({ syn: 1 as never })), "tcp.syn"],
      [() => packet(tcp({ options: { windowScale: 15 } })), "tcp.options.windowScale"],
      [() => packet(udp({ port: 5 } as never)), "udp"],
      [() => packet(dns({ questions: [{ name: "a..b" }] })), "dns.name"],
      [() => packet(padding(), ipv4()), "padding"],
      [() => packet(payload(new Uint8Array(65_536))), "packet"],
      [() => packet(payload([256])), "payload"],
      [() => hex("abc"), "hex"],
    ] as const) {
      assert.throws(make, (error: unknown) => error instanceof PacketError && error.path === path, path);
    }
  });
});

test("differences are told by layer and field", () => {
  const base = packet(ethernet(), ipv4({ checksum: 1 }), udp({ checksum: 1 }), payload("AB"));
  const versus = (other: Uint8Array) => packetDifference(base, other);
  assert.deepEqual(versus(packet(ethernet(), ipv4({ ttl: 63, checksum: 1 }), udp({ checksum: 1 }), payload("AB"))), [
    "ipv4.ttl: expected 64, found 63",
  ]);
  assert.deepEqual(versus(packet(ethernet(), ipv4({ checksum: 1 }), udp({ checksum: 1 }), payload("AC"))), [
    "payload byte 1: expected 0x42, found 0x43",
  ]);
  assert.deepEqual(versus(base.subarray(0, -1)), ["payload: expected 2 bytes (41 42), found 1 (41)"]);
  assert.deepEqual(
    versus(packet(ethernet(), arp()))[0],
    "layers: expected ethernet / ipv4 / udp / payload, found ethernet / arp",
  );
  const tunnel = (ttl: number) => packet(ethernet(), ipv4({ checksum: 1 }), gre(), ipv4({ ttl, checksum: 1 }));
  assert.deepEqual(packetDifference(tunnel(64), tunnel(1)), ["ipv4[1].ttl: expected 64, found 1"]);
});
