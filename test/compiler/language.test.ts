/** What programs of the language compute, in the embedded engine: as cpu v1, v3 and v4. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ipv4 } from "../../src/btf/addresses.ts";
import { openBtf } from "../../src/btf/btf.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { counted, evaluate, run, withImports } from "./program.ts";
import { GROUPS } from "./rows.ts";

describe("the language", () => {
  for (const { name, rows, top } of GROUPS) {
    test(name, async () => {
      for (const [body, result] of rows) {
        for (const cpu of [1, 3, 4] as const) assert.equal(await evaluate(body, { top, cpu }), result, `${body} (cpu v${cpu})`);
      }
    });
  }
});

describe("packets and maps", () => {
  test("writes change the packet, bits leave their neighbours", async () => {
    const { packet, verdict } = await run(
      withImports(`export const program = xdp((ctx) => {
        const eth = ctx.packet.at(Ethernet, 0);
        const vlan = ctx.packet.at(Vlan, 20);
        if (!eth || !vlan) return XDP_ABORTED;
        eth.destination = eth.source;
        eth.source = mac("02:00:00:00:00:01");
        eth.type = ETH_P_IP;
        eth.type += 1;
        vlan.id = 0xabc;
        vlan.dropEligible = true;
        vlan.priority += 1;
        return XDP_DROP;
      });`),
    );
    const expected = counted();
    expected.set([6, 7, 8, 9, 10, 11, 2, 0, 0, 0, 0, 1, 8, 1]);
    // 0x1415 is priority 0, not eligible, identifier 0x415... of 16 bits 0x1415: 000 1 0100 0001 0101.
    expected.set([0x3a, 0xbc], 20);
    assert.equal(verdict, 1);
    assert.deepEqual(packet, expected);
  });

  test("a trie finds the longest prefix; addresses as they lie on the wire are right", async () => {
    const source = withImports(`interface Prefix { prefixLength: u32; address: Ipv4Address }
      export const routes = lpmTrie<Prefix, u32>({ maxEntries: 8 });
      export const program = xdp((ctx) => {
        routes.set({ prefixLength: 8, address: ipv4("10.0.0.0") }, XDP_DROP);
        routes.set({ prefixLength: 16, address: ipv4("10.1.0.0") }, XDP_PASS);
        return routes.get({ prefixLength: 32, address: ipv4("10.1.2.3") }) ?? XDP_ABORTED;
      });`);
    const { verdict, maps } = await run(source);
    assert.equal(verdict, 2);
    assert.deepEqual(
      [...(maps["routes"]?.entries() ?? [])].map(([key]) => key),
      [
        { prefixLength: 8, address: "10.0.0.0" },
        { prefixLength: 16, address: "10.1.0.0" },
      ],
    );
  });

  test("network order in keys is what the user side reads", async () => {
    const { maps } = await run(
      withImports(`interface Flow { from: Ipv4Address; mac: MacAddress; port: be16; six: Ipv6Address }
        export const flows = hash<Flow, u64>({ maxEntries: 8 });
        export const program = xdp((ctx) => {
          const eth = ctx.packet.at(Ethernet, 0);
          const ip = ctx.packet.at(Ipv4, 14);
          const six = ctx.packet.at(Ipv6, 0);
          if (!eth || !ip || !six) return XDP_ABORTED;
          flows.increment({ from: ip.source, mac: eth.source, port: 443, six: six.source });
          return XDP_PASS;
        });`),
    );
    assert.deepEqual(
      [...(maps["flows"] ?? [])],
      [[{ from: "26.27.28.29", mac: "06:07:08:09:0a:0b", port: 443, six: "809:a0b:c0d:e0f:1011:1213:1415:1617" }, 1n]],
    );
  });
});

/** As the design document prints it. */
const DESIGN = `import { xdp, XDP_DROP, XDP_PASS, lpmTrie, perCpuHash, type u32, type u64 } from "skep/bpf";
import { Ethernet, Ipv4, ETH_P_IP } from "skep/bpf/net";

interface Ipv4Prefix { prefixLength: u32; address: u32 }

export const blocked = lpmTrie<Ipv4Prefix, u32>({ maxEntries: 100_000 });
export const drops = perCpuHash<u32, u64>({ maxEntries: 65_536 });

export const firewall = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);              // bounds-checked view: null when the packet is too short
  if (eth === null || eth.type !== ETH_P_IP) return XDP_PASS;
  const ip = ctx.packet.at(Ipv4, Ethernet.size);
  if (ip === null) return XDP_PASS;
  if (blocked.get({ prefixLength: 32, address: ip.source }) === null) return XDP_PASS;
  drops.increment(ip.source, 1);
  return XDP_DROP;
});
`;

describe("the firewall of the design", () => {
  const spec = compileSource(DESIGN, { file: "firewall.bpf.ts" });

  test("becomes a Spec: plain data, the same each time", () => {
    assert.deepEqual(compileSource(DESIGN, { file: "firewall.bpf.ts" }), spec);
    assert.deepEqual(structuredClone(spec), spec);
    assert.equal(spec.name, "firewall");
    assert.equal(spec.license, "GPL");
    assert.deepEqual(
      spec.maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => [
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
      ]),
      [
        ["blocked", "lpm_trie", 8, 4, 100_000, 1],
        ["drops", "percpu_hash", 4, 8, 65_536, 0],
      ],
    );
    const [program] = spec.programs;
    assert.ok(program);
    assert.deepEqual([program.name, program.section, program.type, program.attachType], ["firewall", "xdp", "xdp", "xdp"]);
    assert.deepEqual(
      new Set(program.relocations.map(({ map, kind }) => `${map} ${kind}`)),
      new Set(["blocked map", "drops map"]),
    );
  });

  test("carries types and lines", () => {
    const [program] = spec.programs;
    assert.ok(program && spec.types);
    const btf = openBtf(spec.types);
    assert.deepEqual(
      program.functions.map(({ slot, name, type }) => [slot, name, btf.name(type)]),
      [[0, "firewall", "firewall"]],
    );
    assert.deepEqual(
      spec.maps.map(({ keyType, valueType, keySize, valueSize }) => [
        btf.sizeOf(keyType) === keySize,
        btf.sizeOf(valueType) === valueSize,
      ]),
      [
        [true, true],
        [true, true],
      ],
    );
    assert.ok(
      program.lines.some(
        ({ line, text }) =>
          line === 14 && text === "if (blocked.get({ prefixLength: 32, address: ip.source }) === null) return XDP_PASS;",
      ),
    );
    assert.equal(program.lines[0]?.slot, 0);
  });

  test("drops what is blocked, counts it, and passes the rest", async () => {
    const packet = counted();
    packet.set([8, 0], 12);
    packet.set([203, 0, 113, 7], 26);
    await using engine = await openEmbedded({ execution: "interpreter" });
    const { maps, programs } = await engine.load(spec);
    const verdict = () => programs["firewall"]?.run({ packet }).verdict;
    assert.equal(verdict(), 2);
    maps["blocked"]?.set({ prefixLength: 24, address: ipv4("203.0.113.0") }, 1);
    assert.equal(verdict(), 1);
    assert.equal(verdict(), 1);
    const counts = maps["drops"]?.get(ipv4("203.0.113.7")) as bigint[];
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      2n,
    );
    packet.set([0x86, 0xdd], 12);
    assert.equal(verdict(), 2);
  });
});
