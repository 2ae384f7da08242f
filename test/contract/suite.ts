/**
 * What both engines must do alike: the same Spec and the same packets give the same verdicts and the same map contents.
 * `embedded.test.ts` and `linux.test.ts` run it; a third engine would too.
 */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BtfBuilder } from "../../src/btf/builder.ts";
import type { BpfMap, Collection, Engine, PerCpuMap } from "../../src/engine/engine.ts";
import type { Spec } from "../../src/object/spec.ts";
import { ethernet, ipv4, ipv6, packet, padding, payload, tcp, udp } from "../../src/packets/index.ts";
import { XDP } from "../../src/uapi/xdp.ts";
import { records } from "./records.ts";
import { type MapShape, specOf } from "./specs.ts";
import { variables } from "./variables.ts";

const UDP_PACKET = packet(ethernet(), ipv4({ source: "203.0.113.7" }), udp({ destinationPort: 53 }), payload(new Uint8Array(32)));
const UDP6_PACKET = packet(ethernet(), ipv6(), udp(), padding());
/** Sixty bytes, as short as frames are on the wire. */
const SHORT_PACKET = packet(ethernet(), ipv4(), udp(), padding());
const TCP_PACKET = packet(ethernet(), ipv4({ source: "198.51.100.9" }), tcp({ destinationPort: 80 }), padding());

export function contract(name: string, open: () => Promise<Engine>, skip: string | false): void {
  describe(`the contract of engines: ${name}`, { skip }, () => {
    let engine: Engine;
    before(async () => {
      engine = await open();
    });
    after(async () => {
      await engine?.[Symbol.asyncDispose]();
    });
    verdicts(() => engine);
    packets(() => engine);
    programsAndMaps(() => engine);
    userSide(() => engine);
    records(() => engine);
    manyEntries(() => engine);
    variables(() => engine);
    limits(() => engine);
    lifetimes(() => engine);
  });
}

// ── programs and packets ────────────────────────────────────────────────────────────────────────────────────────────

/** Reads a packet byte into r0, or passes when the packet is too short. */
const classify = (offset: number, width: "u8" | "u16") => `
  r2 = *(u32 *)(r1 + 0)
  r3 = *(u32 *)(r1 + 4)
  r4 = r2
  r4 += ${offset + (width === "u8" ? 1 : 2)}
  r0 = ${XDP.PASS}
  if r4 > r3 goto done
  r0 = *(${width} *)(r2 + ${offset})
done:
  exit`;

function verdicts(engine: () => Engine): void {
  for (const verdict of [0, 1, 2, 3, 4, 0xffff_ffff]) {
    test(`a program's verdict is its return value: ${verdict}`, async () => {
      await using collection = await engine().load(specOf({}, { fixed: `w0 = ${verdict | 0}\nexit` }));
      assert.equal(run(collection, "fixed", UDP_PACKET).verdict, verdict);
    });
  }

  test("only the low 32 bits of the return value count", async () => {
    await using collection = await engine().load(specOf({}, { wide: "r0 = 0x700000002 ll\nexit" }));
    assert.equal(run(collection, "wide", UDP_PACKET).verdict, 2);
  });

  for (const { what, source, expected } of [
    { what: "division by zero gives zero", source: "r1 = 0\nr0 = 7\nr0 /= r1\nexit", expected: 0 },
    { what: "modulo by zero gives the dividend", source: "r1 = 0\nr0 = 7\nr0 %= r1\nexit", expected: 7 },
    { what: "a 32-bit shift uses 5 bits of its amount", source: "w1 = 33\nw0 = 1\nw0 <<= w1\nexit", expected: 2 },
    { what: "a 64-bit shift uses 6 bits of its amount", source: "r1 = 65\nr0 = 1\nr0 <<= r1\nexit", expected: 2 },
    { what: "32-bit results are zero-extended", source: "r0 = -1\nw0 += 0\nr0 >>= 32\nexit", expected: 0 },
    { what: "an arithmetic shift keeps the sign", source: "r0 = -8\nr0 s>>= 1\nr0 = -r0\nexit", expected: 4 },
    { what: "a byte swap to network order", source: "r0 = 0x1234\nr0 = be16 r0\nexit", expected: 0x3412 },
    {
      what: "an atomic fetch-and-add gives the old value",
      source: "r1 = 5\n*(u64 *)(r10 - 8) = r1\nr0 = 2\nr0 = atomic_fetch_add((u64 *)(r10 - 8), r0)\nexit",
      expected: 5,
    },
    { what: "a loop", source: "r0 = 0\nr1 = 10\nagain:\nr0 += r1\nr1 -= 1\nif r1 != 0 goto again\nexit", expected: 55 },
    {
      what: "a call of a local function",
      source: "r1 = 20\nr2 = 22\ncall add\nexit\nadd:\nr0 = r1\nr0 += r2\nexit",
      expected: 42,
    },
  ]) {
    test(`it computes: ${what}`, async () => {
      await using collection = await engine().load(specOf({}, { compute: source }));
      assert.equal(run(collection, "compute", UDP_PACKET).verdict, expected);
    });
  }
}

function packets(engine: () => Engine): void {
  for (const { what, offset, width, packet, expected } of [
    { what: "the IP protocol of a UDP packet", offset: 23, width: "u8", packet: UDP_PACKET, expected: 17 },
    { what: "the IP protocol of a TCP packet", offset: 23, width: "u8", packet: TCP_PACKET, expected: 6 },
    { what: "the EtherType, in the machine's order", offset: 12, width: "u16", packet: UDP_PACKET, expected: 0x0008 },
    {
      what: "the EtherType of IPv6",
      offset: 12,
      width: "u16",
      packet: UDP6_PACKET,
      expected: 0xdd86,
    },
    { what: "the last byte", offset: 59, width: "u8", packet: SHORT_PACKET, expected: 0 },
    {
      what: "a byte beyond the end, which it must check for",
      offset: 60,
      width: "u8",
      packet: SHORT_PACKET,
      expected: XDP.PASS,
    },
  ] as const) {
    test(`a program reads ${what}`, async () => {
      await using collection = await engine().load(specOf({}, { classify: classify(offset, width) }));
      assert.equal(run(collection, "classify", packet).verdict, expected);
    });
  }

  test("a program writes into the packet, and the caller's bytes stay as they were", async () => {
    const source = `
      r2 = *(u32 *)(r1 + 0)
      r3 = *(u32 *)(r1 + 4)
      r4 = r2
      r4 += 14
      r0 = ${XDP.DROP}
      if r4 > r3 goto done
      r5 = 0x99
      *(u8 *)(r2 + 0) = r5
      r0 = ${XDP.TX}
    done:
      exit`;
    await using collection = await engine().load(specOf({}, { write: source }));
    const original = UDP_PACKET.slice();
    const result = run(collection, "write", original);
    assert.equal(result.verdict, XDP.TX);
    assert.equal(result.packet[0], 0x99);
    assert.deepEqual(result.packet.subarray(1), UDP_PACKET.subarray(1));
    assert.deepEqual(original, UDP_PACKET);
  });

  test("repeated runs say how long one takes", async () => {
    await using collection = await engine().load(specOf({}, { pass: `r0 = ${XDP.PASS}\nexit` }));
    const { verdict, duration } = program(collection, "pass").run({ packet: UDP_PACKET, repeat: 1000 });
    assert.equal(verdict, XDP.PASS);
    assert.ok(duration >= 0 && duration < 1e9, `${duration} ns`);
  });
}

// ── maps, from programs ─────────────────────────────────────────────────────────────────────────────────────────────

/** Counts packets by their IP protocol: `counts[protocol] += 1`, inserting when the key is new. */
const COUNT = `
  r2 = *(u32 *)(r1 + 0)
  r3 = *(u32 *)(r1 + 4)
  r4 = r2
  r4 += 24
  r0 = ${XDP.PASS}
  if r4 > r3 goto done
  w6 = *(u8 *)(r2 + 23)
  *(u32 *)(r10 - 4) = r6
  r1 = map counts
  r2 = r10
  r2 += -4
  call 1
  if r0 == 0 goto insert
  r1 = 1
  lock *(u64 *)(r0 + 0) += r1
  r0 = ${XDP.PASS}
  exit
insert:
  r1 = 1
  *(u64 *)(r10 - 16) = r1
  r1 = map counts
  r2 = r10
  r2 += -4
  r3 = r10
  r3 += -16
  r4 = 0
  call 2
  r0 = ${XDP.PASS}
done:
  exit`;

function programsAndMaps(engine: () => Engine): void {
  for (const type of ["hash", "lru_hash", "array", "percpu_hash", "percpu_array", "lru_percpu_hash"] as const) {
    test(`a program counts in a map of type ${type}`, async () => {
      const maxEntries = type.includes("lru") ? 1024 : 256;
      await using collection = await engine().load(
        specOf({ counts: { type, maxEntries, key: "u32", value: "u64" } }, { count: COUNT }),
      );
      for (let i = 0; i < 5; i++) run(collection, "count", UDP_PACKET);
      for (let i = 0; i < 3; i++) run(collection, "count", TCP_PACKET);
      assert.equal(total(map(collection, "counts").get(17)), 5n);
      assert.equal(total(map(collection, "counts").get(6)), 3n);
    });
  }

  test("a program finds the longest matching prefix in a trie", async () => {
    const source = `
      r2 = *(u32 *)(r1 + 0)
      r3 = *(u32 *)(r1 + 4)
      r4 = r2
      r4 += 34
      r0 = ${XDP.PASS}
      if r4 > r3 goto done
      w6 = *(u32 *)(r2 + 26)
      r1 = 32
      *(u32 *)(r10 - 8) = r1
      *(u32 *)(r10 - 4) = r6
      r1 = map prefixes
      r2 = r10
      r2 += -8
      call 1
      if r0 == 0 goto none
      w0 = *(u32 *)(r0 + 0)
      exit
    none:
      r0 = 99
    done:
      exit`;
    const prefixes: MapShape = {
      type: "lpm_trie",
      maxEntries: 16,
      flags: 1,
      key: { prefixLength: "u32", address: "u32" },
      value: "u32",
    };
    await using collection = await engine().load(specOf({ prefixes }, { longest: source }));
    const trie = map(collection, "prefixes");
    trie.set({ prefixLength: 8, address: "203.0.0.0" }, 8);
    trie.set({ prefixLength: 24, address: "203.0.113.0" }, 24);
    trie.set({ prefixLength: 32, address: "203.0.113.9" }, 32);
    const from = (source: string) => run(collection, "longest", packet(ethernet(), ipv4({ source }), udp(), padding())).verdict;
    assert.equal(from("203.0.113.9"), 32);
    assert.equal(from("203.0.113.8"), 24);
    assert.equal(from("203.1.2.3"), 8);
    assert.equal(from("192.0.2.1"), 99);
    trie.set({ prefixLength: 0, address: "0.0.0.0" }, 1);
    assert.equal(from("192.0.2.1"), 1);
    assert.equal(trie.delete({ prefixLength: 24, address: "203.0.113.0" }), true);
    assert.equal(from("203.0.113.8"), 8);
  });

  /** `r0 = helper(map, key 7, value 1, FLAGS)`, negated so that the error number is the verdict. */
  const call = (helper: number, flags: number) => `
    r1 = 7
    *(u32 *)(r10 - 4) = r1
    r1 = 1
    *(u64 *)(r10 - 16) = r1
    r1 = map table
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = ${flags}
    call ${helper}
    r0 = -r0
    exit`;
  const EEXIST = 17;
  const ENOENT = 2;
  const E2BIG = 7;
  const EINVAL = 22;
  for (const { what, type, helper, flags, present, full, expected } of [
    { what: "update creates", type: "hash", helper: 2, flags: 1, present: false, full: false, expected: 0 },
    {
      what: "update with BPF_NOEXIST refuses an existing key",
      type: "hash",
      helper: 2,
      flags: 1,
      present: true,
      full: false,
      expected: EEXIST,
    },
    {
      what: "update with BPF_EXIST refuses a new key",
      type: "hash",
      helper: 2,
      flags: 2,
      present: false,
      full: false,
      expected: ENOENT,
    },
    { what: "update of a full hash", type: "hash", helper: 2, flags: 0, present: false, full: true, expected: E2BIG },
    { what: "update with unknown flags", type: "hash", helper: 2, flags: 77, present: false, full: false, expected: EINVAL },
    { what: "update of an array's element", type: "array", helper: 2, flags: 0, present: true, full: false, expected: 0 },
    {
      what: "update of an array with BPF_NOEXIST",
      type: "array",
      helper: 2,
      flags: 1,
      present: true,
      full: false,
      expected: EEXIST,
    },
    { what: "update beyond an array", type: "array", helper: 2, flags: 0, present: false, full: false, expected: E2BIG },
    { what: "delete", type: "hash", helper: 3, flags: 0, present: true, full: false, expected: 0 },
    { what: "delete of a missing key", type: "hash", helper: 3, flags: 0, present: false, full: false, expected: ENOENT },
    { what: "delete from an array", type: "array", helper: 3, flags: 0, present: true, full: false, expected: EINVAL },
  ] as const) {
    test(`what a program is told: ${what}`, async () => {
      const maxEntries = type === "array" ? (present ? 8 : 7) : full ? 1 : 8;
      await using collection = await engine().load(
        specOf({ table: { type, maxEntries, key: "u32", value: "u64" } }, { call: call(helper, flags) }),
      );
      const table = map(collection, "table");
      if (present) table.set(7, 5n);
      if (full) table.set(1, 5n);
      assert.equal(run(collection, "call", UDP_PACKET).verdict, expected);
    });
  }

  test("two programs of one Spec share its maps", async () => {
    await using collection = await engine().load(
      specOf({ counts: { type: "hash", maxEntries: 8, key: "u32", value: "u64" } }, { first: COUNT, second: COUNT }),
    );
    run(collection, "first", UDP_PACKET);
    run(collection, "second", UDP_PACKET);
    assert.equal(map(collection, "counts").get(17), 2n);
  });
}

// ── maps, from the user's side ──────────────────────────────────────────────────────────────────────────────────────

function userSide(engine: () => Engine): void {
  const load = (shape: MapShape) => engine().load(specOf({ table: shape }, { pass: `r0 = ${XDP.PASS}\nexit` }));

  for (const type of ["hash", "lru_hash"] as const) {
    test(`a ${type} behaves like a JavaScript Map`, async () => {
      await using collection = await load({ type, maxEntries: 64, key: "u32", value: "u64" });
      const table = map(collection, "table") as BpfMap<number, bigint>;
      assert.equal(table.get(1), undefined);
      assert.equal(table.has(1), false);
      table.set(1, 10n);
      table.set(2, 2n ** 64n - 1n);
      table.set(1, 11n);
      assert.equal(table.get(1), 11n);
      assert.equal(table.get(2), 2n ** 64n - 1n);
      assert.equal(table.has(2), true);
      assert.deepEqual([...table].sort(byKey), [
        [1, 11n],
        [2, 2n ** 64n - 1n],
      ]);
      assert.deepEqual([...table.keys()].sort(), [1, 2]);
      assert.equal(table.delete(1), true);
      assert.equal(table.delete(1), false);
      assert.deepEqual([...table.values()], [2n ** 64n - 1n]);
      table.clear();
      assert.deepEqual([...table], []);
    });
  }

  test("keys and values may be structs, with padding that nobody sees", async () => {
    await using collection = await load({
      type: "hash",
      maxEntries: 4,
      key: { port: "u16", address: "u32" },
      value: { flag: "u8", bytes: "u64" },
    });
    const table = map(collection, "table");
    table.set({ port: 443, address: "192.0.2.1" }, { flag: 1, bytes: 5n });
    assert.deepEqual(table.get({ address: "192.0.2.1", port: 443 }), { flag: 1, bytes: 5n });
    const [entry] = [...table.entries()];
    assert.deepEqual(entry?.[1], { flag: 1, bytes: 5n });
  });

  test("keys and values without types are bytes", async () => {
    await using collection = await load({ type: "hash", maxEntries: 4, key: 3, value: 5 });
    const table = map(collection, "table");
    table.set(new Uint8Array([1, 2, 3]), new Uint8Array([9, 8, 7, 6, 5]));
    assert.deepEqual(table.get(new Uint8Array([1, 2, 3])), new Uint8Array([9, 8, 7, 6, 5]));
    assert.throws(() => table.get(new Uint8Array([1, 2])), { name: "ValueError" });
  });

  test("an array has all its entries from the start, and keeps them", async () => {
    await using collection = await load({ type: "array", maxEntries: 3, key: "u32", value: "u32" });
    const table = map(collection, "table") as BpfMap<number, number>;
    table.set(1, 7);
    assert.deepEqual(
      [...table],
      [
        [0, 0],
        [1, 7],
        [2, 0],
      ],
    );
    assert.equal(table.get(3), undefined);
    assert.throws(() => table.delete(1), { name: "MapError", code: "unsupported" });
    assert.throws(() => table.set(3, 1), { name: "MapError", code: "not-found" });
    table.clear();
    assert.deepEqual([...table.values()], [0, 0, 0]);
  });

  for (const type of ["percpu_hash", "percpu_array", "lru_percpu_hash"] as const) {
    test(`a ${type} holds a value for each CPU`, async () => {
      await using collection = await load({ type, maxEntries: 64, key: "u32", value: "u32" });
      const table = map(collection, "table") as PerCpuMap<number, number>;
      const { cpus } = engine();
      table.set(
        5,
        Array.from({ length: cpus }, (_, cpu) => cpu + 1),
      );
      assert.deepEqual(
        table.get(5),
        Array.from({ length: cpus }, (_, cpu) => cpu + 1),
      );
      table.set(5, 9);
      assert.deepEqual(table.get(5), new Array(cpus).fill(9));
      assert.throws(() => table.set(5, new Array(cpus + 1).fill(0)), { name: "ValueError" });
    });
  }

  test("entries of a trie come back as they were put in", async () => {
    await using collection = await load({
      type: "lpm_trie",
      maxEntries: 8,
      flags: 1,
      key: { prefixLength: "u32", address: "u32" },
      value: "u32",
    });
    const trie = map(collection, "table");
    const address = 0x0071_00cb; // 203.0.113.0 as the bytes lie in memory
    trie.set({ prefixLength: 24, address: "203.0.113.0" }, 1);
    trie.set({ prefixLength: 16, address: "203.0.0.0" }, 2);
    assert.deepEqual(
      new Map([...trie].map(([key, value]) => [(key as { prefixLength: number }).prefixLength, value])),
      new Map([
        [16, 2],
        [24, 1],
      ]),
    );
    assert.equal(trie.get({ prefixLength: 32, address }), 1, "a lookup finds the longest prefix that matches");
    assert.throws(() => trie.set({ prefixLength: 33, address }, 1), { name: "MapError", code: "invalid" });
  });

  test("deleting the entry just seen does not disturb the iteration", async () => {
    await using collection = await load({ type: "hash", maxEntries: 500, key: "u32", value: "u32" });
    const table = map(collection, "table") as BpfMap<number, number>;
    for (let key = 0; key < 500; key++) table.set(key, key);
    const seen = new Set<number>();
    for (const key of table.keys()) {
      seen.add(key);
      table.delete(key);
    }
    assert.equal(seen.size, 500);
    assert.deepEqual([...table], []);
  });

  test("update modes create or replace, and say why not", async () => {
    await using collection = await load({ type: "hash", maxEntries: 4, key: "u32", value: "u32" });
    const table = map(collection, "table");
    assert.throws(() => table.set(1, 1, "replace"), { name: "MapError", code: "not-found", map: "table" });
    table.set(1, 1, "create");
    assert.throws(() => table.set(1, 2, "create"), { name: "MapError", code: "exists" });
    table.set(1, 2, "replace");
    assert.equal(table.get(1), 2);
  });

  test("a value that does not fit is refused by name, and nothing changes", async () => {
    await using collection = await load({ type: "hash", maxEntries: 4, key: "u32", value: { low: "u16", high: "u64" } });
    const table = map(collection, "table");
    assert.throws(() => table.set(1, { low: 65_536, high: 0n }), { name: "ValueError", message: /low.*65536|65536.*low/ });
    assert.throws(() => table.set(1, { low: 1 }), { name: "ValueError", message: /high/ });
    assert.throws(() => table.set(1, { low: 1, high: 1n, hihg: 1 }), { name: "ValueError", message: /hihg/ });
    assert.throws(() => table.set(-1, { low: 1, high: 1n }), { name: "ValueError" });
    assert.throws(() => table.set(1.5, { low: 1, high: 1n }), { name: "ValueError" });
    assert.deepEqual([...table], []);
  });
}

/** What takes many entries at once, and kinds that have none of a hash's operations. */
function manyEntries(engine: () => Engine): void {
  const load = (shape: MapShape) => engine().load(specOf({ table: shape }, { pass: `r0 = ${XDP.PASS}\nexit` }));
  const pairs = (count: number) => Array.from({ length: count }, (_, key) => [key, key * 2] as const);

  for (const type of ["hash", "lru_hash", "array", "percpu_hash", "percpu_array", "lru_percpu_hash"] as const) {
    test(`a ${type} takes many entries at once, and gives them`, async () => {
      await using collection = await load({ type, maxEntries: 9000, key: "u32", value: "u32" });
      const table = map(collection, "table") as BpfMap<number, unknown>;
      const { cpus } = engine();
      const count = type.includes("lru") ? 4000 : 9000;
      table.setAll(pairs(count));
      const expected = (key: number) => (type.includes("percpu") ? new Array(cpus).fill(key * 2) : key * 2);
      assert.deepEqual(table.get(count - 1), expected(count - 1));
      assert.equal([...table].length, count);
      table.clear();
      assert.equal([...table.keys()].length, type.endsWith("array") ? 9000 : 0);
      if (type.endsWith("array")) return;
      table.setAll(pairs(100));
      assert.equal(table.deleteAll([1, 5000, 2, 3, 3]), 3);
      assert.deepEqual(
        table.takeAll().sort(byKey),
        pairs(100)
          .filter(([key]) => key < 1 || key > 3)
          .map(([key]) => [key, expected(key)]),
      );
      assert.deepEqual(table.takeAll(), []);
    });
  }

  test("setting many ends at the first that does not go; the error counts those that are set", async () => {
    await using collection = await load({ type: "hash", maxEntries: 5, key: "u32", value: "u32" });
    const table = map(collection, "table") as BpfMap<number, number>;
    assert.throws(() => table.setAll(pairs(9)), { name: "MapError", code: "full", count: 5 });
    assert.equal([...table].length, 5);
  });

  test("entries before one that does not fit are set", async () => {
    await using collection = await load({ type: "hash", maxEntries: 50, key: "u32", value: "u32" });
    const table = map(collection, "table") as BpfMap<number, number>;
    assert.throws(() => table.setAll([...pairs(3), [3, -1], ...pairs(9)]), { name: "ValueError" });
    assert.deepEqual([...table.keys()].sort(), [0, 1, 2]);
  });

  test("many entries go in by mode, too", async () => {
    await using collection = await load({ type: "hash", maxEntries: 50, key: "u32", value: "u32" });
    const table = map(collection, "table") as BpfMap<number, number>;
    table.setAll(pairs(3), "create");
    table.setAll(
      pairs(3).map(([key]) => [key, 1] as const),
      "replace",
    );
    assert.deepEqual([...table.values()], [1, 1, 1]);
    assert.throws(() => table.setAll([...pairs(3), [9, 9]], "replace"), { name: "MapError", code: "not-found", count: 3 });
    assert.throws(() => table.setAll([[5, 5], ...pairs(3)], "create"), { name: "MapError", code: "exists", count: 1 });
  });

  test("a trie takes many prefixes at once", async () => {
    const key = { prefixLength: "u32", address: "u32" } as const;
    await using collection = await load({ type: "lpm_trie", maxEntries: 9000, flags: 1, key, value: "u32" });
    const trie = map(collection, "table");
    const prefixes = Array.from({ length: 9000 }, (_, address) => [{ prefixLength: 32, address }, address] as const);
    trie.setAll(prefixes);
    const seen = new Set<number>();
    for (const [{ address }, value] of trie as Iterable<[{ address: number }, number]>) {
      assert.equal(value, address);
      assert.ok(!seen.has(address));
      seen.add(address);
    }
    assert.equal(seen.size, 9000);
    assert.equal(trie.deleteAll(prefixes.slice(0, 10).map(([prefix]) => prefix)), 10);
    assert.throws(() => trie.take({ prefixLength: 32, address: 70 }), { name: "MapError", code: "unsupported" });
    assert.throws(() => trie.takeAll(), { name: "MapError", code: "unsupported" });
    assert.throws(
      () =>
        trie.setAll([
          [{ prefixLength: 32, address: 1 }, 1],
          [{ prefixLength: 33, address: 1 }, 1],
        ]),
      { name: "MapError", code: "invalid", count: 1 },
    );
    trie.clear();
    assert.deepEqual([...trie], []);
  });

  test("deleting each prefix just seen does not disturb the walk over a trie", async () => {
    const key = { prefixLength: "u32", address: "u32" } as const;
    await using collection = await load({ type: "lpm_trie", maxEntries: 9000, flags: 1, key, value: "u32" });
    const trie = map(collection, "table");
    trie.setAll(Array.from({ length: 9000 }, (_, address) => [{ prefixLength: 32, address }, address] as const));
    let count = 0;
    for (const prefix of trie.keys()) {
      assert.equal(trie.delete(prefix), true);
      count++;
    }
    assert.equal(count, 9000);
    assert.deepEqual([...trie], []);
  });

  test("arrays give nothing away", async () => {
    await using collection = await load({ type: "array", maxEntries: 5, key: "u32", value: "u32" });
    const table = map(collection, "table");
    for (const operation of [() => table.take(1), () => table.takeAll(), () => table.deleteAll([1])])
      assert.throws(operation, { name: "MapError", code: "unsupported" });
  });

  test("an entry of CPUs is there, or is not", async () => {
    await using collection = await load({ type: "cpumap", maxEntries: engine().cpus, key: "u32", value: "u32" });
    const table = map(collection, "table") as BpfMap<number, number>;
    assert.equal(table.get(0), undefined);
    assert.equal(table.delete(0), false);
    table.set(0, 192);
    assert.equal(table.get(0), 192);
    assert.deepEqual([...table], [[0, 192]]);
    assert.throws(() => table.set(0, 192, "create"), { name: "MapError", code: "exists" });
    assert.throws(() => table.set(0, 20_000), { name: "MapError", code: "invalid", message: /16384/ });
    assert.throws(() => table.set(engine().cpus, 192), { name: "MapError", code: "not-found" });
    assert.equal(table.delete(engine().cpus), false);
    assert.equal(table.delete(0), true);
    table.set(0, 192);
    table.clear();
    assert.deepEqual([...table], []);
  });

  for (const type of ["queue", "stack"] as const) {
    test(`a ${type} gives its values in order`, async () => {
      await using collection = await load({ type, maxEntries: 3, key: 0, value: "u32" });
      const queue = collection.maps["table"];
      assert.ok(queue);
      for (const value of [1, 2, 3]) queue.push(value);
      assert.throws(() => queue.push(4), { name: "MapError", code: "full" });
      queue.push(4, { replace: true });
      const expected = type === "queue" ? [2, 3, 4] : [4, 3, 2];
      assert.equal(queue.peek(), expected[0]);
      assert.deepEqual([queue.pop(), queue.pop(), queue.pop(), queue.pop(), queue.peek()], [...expected, undefined, undefined]);
      queue.push(9);
      queue.clear();
      assert.equal(queue.pop(), undefined);
      assert.throws(() => queue.get(1), { name: "MapError", code: "unsupported" });
    });
  }

  test("a bloom filter knows what was added", async () => {
    await using collection = await load({ type: "bloom_filter", maxEntries: 100, key: 0, value: "u32" });
    const filter = collection.maps["table"];
    assert.ok(filter);
    for (let value = 0; value < 50; value++) filter.add(value);
    for (let value = 0; value < 50; value++) assert.equal(filter.has(value), true);
    const wrong = Array.from({ length: 1000 }, (_, value) => value + 1000).filter((value) => filter.has(value)).length;
    assert.ok(wrong < 200, `${wrong} of 1000`);
  });

  test("an array that is memory: values, a view and columns are the same bytes", async () => {
    const value = { packets: "u64", port: "u16" } as const;
    await using collection = await load({ type: "array", maxEntries: 700, flags: 0x400, key: "u32", value });
    const table = collection.maps["table"];
    assert.ok(table);
    const port = table.column("port");
    const packets = table.column("packets");
    table.set(699, { packets: 2n ** 53n - 1n, port: 443 });
    assert.deepEqual([port.get(699), packets.get(699), packets.number(699)], [443, 2n ** 53n - 1n, 2 ** 53 - 1]);
    assert.equal(table.view().length, 700 * 16);
    assert.equal(new DataView(table.view().buffer, table.view().byteOffset).getUint16(699 * 16 + 8, true), 443);
    port.set(1, 80);
    packets.set(1, 2n ** 64n - 1n);
    table.view()[16 * 2] = 5;
    assert.deepEqual(
      [1, 2].map((index) => table.get(index)),
      [
        { packets: 2n ** 64n - 1n, port: 80 },
        { packets: 5n, port: 0 },
      ],
    );
    assert.equal([...table.values()].filter((each) => (each as { port: number }).port > 0).length, 2);
    assert.equal(table.get(700), undefined);
    assert.throws(() => table.set(700, { packets: 1n, port: 1 }), { name: "MapError", code: "not-found" });
    assert.throws(() => table.set(1, { packets: 1n, port: 70_000 }), { name: "ValueError" });
    assert.throws(() => table.set(1, { packets: 1n, port: 1 }, "create"), { name: "MapError", code: "exists" });
    assert.throws(() => port.get(700), { name: "RangeError" });
    assert.throws(() => table.column("prot"), { name: "ValueError", message: /did you mean port/ });
    await collection[Symbol.asyncDispose]();
    for (const operation of [() => port.get(1), () => packets.number(1), () => port.set(1, 1)])
      assert.throws(operation, { name: "MapError", code: "closed" });
  });

  test("an array that is no memory says so", async () => {
    await using collection = await load({ type: "array", maxEntries: 7, key: "u32", value: "u32" });
    const table = collection.maps["table"];
    assert.throws(() => table?.view(), { name: "MapError", code: "unsupported", message: /BPF_F_MMAPABLE/ });
    assert.throws(() => table?.column(), { name: "MapError", code: "unsupported", message: /BPF_F_MMAPABLE/ });
  });

  test("an array that is memory is frozen as any map", async () => {
    await using collection = await load({ type: "array", maxEntries: 7, flags: 0x400, key: "u32", value: "u32" });
    const table = collection.maps["table"];
    assert.ok(table);
    table.set(1, 5);
    table.freeze();
    assert.equal(table.get(1), 5);
    assert.throws(() => table.set(1, 6), { name: "MapError", code: "unsupported" });
    assert.throws(() => table.view(), { name: "MapError", code: "unsupported" });
    assert.equal(table.column().get(1), 5);
    assert.throws(() => table.column().set(1, 6), { name: "MapError", code: "unsupported" });
  });

  for (const type of ["hash", "array"] as const) {
    test(`values of a ${type} that have a lock are read and written while it is held`, async () => {
      await using collection = await engine().load(lockedSpec(type));
      const table = map(collection, "table");
      const value = (low: number, high: bigint) => ({ lock: { val: 0 }, low, high });
      table.set(1, value(1, 2n));
      table.set(1, value(3, 4n), { lock: true });
      table.setAll([[2, value(5, 6n)]], { lock: true });
      assert.deepEqual([table.get(1, { lock: true }), table.get(2)], [value(3, 4n), value(5, 6n)]);
      assert.equal(table.get(9, { lock: true }), undefined);
    });
  }

  test("values without a lock cannot be locked", async () => {
    await using collection = await load({ type: "hash", maxEntries: 5, key: "u32", value: "u32" });
    const table = map(collection, "table");
    table.set(1, 1);
    for (const operation of [() => table.get(1, { lock: true }), () => table.set(1, 1, { lock: true })])
      assert.throws(operation, { name: "MapError", code: "invalid", message: /no bpf_spin_lock/ });
    assert.throws(() => table.setAll(pairs(3), { lock: true }), { name: "MapError", code: "invalid", count: 0 });
    assert.equal(table.get(1), 1);
  });

  test("a frozen map is read, and no longer written", async () => {
    await using collection = await load({ type: "hash", maxEntries: 5, key: "u32", value: "u32" });
    const table = map(collection, "table");
    table.set(1, 1);
    table.freeze();
    assert.equal(table.get(1), 1);
    for (const operation of [() => table.set(1, 2), () => table.delete(1), () => table.setAll(pairs(3)), () => table.take(1)])
      assert.throws(operation, { name: "MapError", code: "unsupported" });
    assert.deepEqual([...table], [[1, 1]]);
  });

  for (const [what, flags] of [
    ["reading", 1 << 3],
    ["writing", 1 << 4],
  ] as const) {
    test(`a map for ${what} alone`, async () => {
      await using collection = await load({ type: "hash", maxEntries: 5, flags, key: "u32", value: "u32" });
      const table = map(collection, "table");
      const [read, write] = [() => table.get(1), () => table.set(1, 1)];
      assert.throws(what === "reading" ? write : read, { name: "MapError", code: "unsupported" });
      (what === "reading" ? read : write)();
    });
  }
}

function limits(engine: () => Engine): void {
  test("a full hash says so and keeps what it has", async () => {
    await using collection = await engine().load(
      specOf({ table: { type: "hash", maxEntries: 2, key: "u32", value: "u32" } }, { pass: "r0 = 2\nexit" }),
    );
    const table = map(collection, "table");
    table.set(1, 1);
    table.set(2, 2);
    assert.throws(() => table.set(3, 3), { name: "MapError", code: "full" });
    table.set(1, 10);
    assert.equal(table.get(1), 10);
    assert.equal([...table].length, 2);
  });

  test("an LRU hash makes room by itself", async () => {
    await using collection = await engine().load(
      specOf({ table: { type: "lru_hash", maxEntries: 1024, key: "u32", value: "u32" } }, { pass: "r0 = 2\nexit" }),
    );
    const table = map(collection, "table");
    for (let key = 0; key < 5000; key++) table.set(key, key);
    const { length } = [...table];
    assert.ok(length > 0 && length <= 1024, `${length} entries`);
    assert.equal(table.get(4999), 4999);
  });

  for (const { what, shape } of [
    { what: "an array whose key is not 4 bytes", shape: { type: "array", maxEntries: 1, key: "u64", value: "u32" } },
    { what: "a map of no entries", shape: { type: "hash", maxEntries: 0, key: "u32", value: "u32" } },
    {
      what: "a trie without BPF_F_NO_PREALLOC",
      shape: { type: "lpm_trie", maxEntries: 4, key: { prefixLength: "u32", address: "u32" }, value: "u32" },
    },
  ] as const) {
    test(`${what} is refused`, async () => {
      await assert.rejects(engine().load(specOf({ table: shape }, { pass: "r0 = 2\nexit" })), {
        name: "MapError",
        code: "invalid",
        map: "table",
      });
    });
  }

  test("a relocation to a map that is not there names it", async () => {
    const spec = specOf({}, { lost: "r1 = map nowhere\nr0 = 0\nexit" });
    await assert.rejects(engine().load(spec), /nowhere/);
  });
}

function lifetimes(engine: () => Engine): void {
  test("a disposed collection's maps say that they are closed", async () => {
    const collection = await engine().load(
      specOf({ table: { type: "hash", maxEntries: 2, key: "u32", value: "u32" } }, { pass: "r0 = 2\nexit" }),
    );
    const table = map(collection, "table");
    await collection[Symbol.asyncDispose]();
    await collection[Symbol.asyncDispose]();
    assert.throws(() => table.get(1), { name: "MapError", code: "closed" });
  });

  test("only the programs asked for are loaded", async () => {
    await using collection = await engine().load(specOf({}, { one: "r0 = 1\nexit", two: "r0 = 2\nexit" }), { programs: ["two"] });
    assert.deepEqual(Object.keys(collection.programs), ["two"]);
    await assert.rejects(engine().load(specOf({}, { one: "r0 = 1\nexit" }), { programs: ["three"] }), /three/);
  });

  test("sizes can be changed at load time", async () => {
    const spec = specOf({ table: { type: "hash", maxEntries: 2, key: "u32", value: "u32" } }, { pass: "r0 = 2\nexit" });
    await using collection = await engine().load(spec, { maxEntries: { table: 3 } });
    const table = map(collection, "table");
    for (const key of [1, 2, 3]) table.set(key, key);
    assert.equal([...table].length, 3);
  });

  test("attaching to an interface that does not exist names it", async () => {
    await using collection = await engine().load(specOf({}, { pass: "r0 = 2\nexit" }));
    await assert.rejects(program(collection, "pass").attach({ interface: "nosuchif0" }), {
      name: "AttachError",
      message: /nosuchif0/,
    });
  });

  test("after a hundred loads nothing is short", async () => {
    for (let round = 0; round < 100; round++) {
      await using collection = await engine().load(
        specOf({ table: { type: "hash", maxEntries: 1000, key: "u32", value: "u64" } }, { pass: "r0 = 2\nexit" }),
      );
      assert.equal(run(collection, "pass", UDP_PACKET).verdict, 2);
    }
  });
}

/** A map whose values begin with a `bpf_spin_lock`. */
function lockedSpec(type: "hash" | "array"): Spec {
  const types = new BtfBuilder();
  const u32 = types.int("u32", 4);
  const u64 = types.int("u64", 8);
  const lock = types.struct("bpf_spin_lock", 4, [{ name: "val", type: u32, bitOffset: 0 }]);
  const value = types.struct("value", 16, [
    { name: "lock", type: lock, bitOffset: 0 },
    { name: "low", type: u32, bitOffset: 32 },
    { name: "high", type: u64, bitOffset: 64 },
  ]);
  const table = { name: "table", type, keySize: 4, valueSize: 16, maxEntries: 5, flags: 0, keyType: u32, valueType: value };
  return { name: "locked", license: "GPL", types: types.encode(), maps: [table], programs: [] };
}

// ── shorthand ───────────────────────────────────────────────────────────────────────────────────────────────────────

function program(collection: Collection, name: string) {
  const found = collection.programs[name];
  assert.ok(found, `no program ${name}`);
  return found;
}

function run(collection: Collection, name: string, packet: Uint8Array) {
  return program(collection, name).run({ packet });
}

function map(collection: Collection, name: string): BpfMap {
  const found = collection.maps[name];
  assert.ok(found, `no map ${name}`);
  return found;
}

/** A per-CPU value's sum, or the value itself. */
function total(value: unknown): unknown {
  return Array.isArray(value) ? value.reduce((left: bigint, right: bigint) => left + right, 0n) : value;
}

function byKey([one]: [number, unknown], [other]: [number, unknown]): number {
  return one - other;
}
