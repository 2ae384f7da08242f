/**
 * Whatever the bytes are, everything that reads them returns or throws a BtfError, soon. `RUNS=100000` goes on longer:
 *
 *     RUNS=100000 npx node --test src/btf/malformed.test.ts
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { appendStrings } from "./append.ts";
import { openBtf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { printC } from "./c/print.ts";
import { makeCodec } from "./codec.ts";
import { dedup } from "./dedup.ts";
import { diffBtf } from "./diff.ts";
import { printDts } from "./dts/print.ts";
import { BtfError } from "./errors.ts";
import { equalTypes } from "./shape.ts";
import { everyKind } from "./testing.ts";

const numRuns = Number(process.env["RUNS"] ?? 2000);

/** Everything that this room does with BTF. */
function useAll(bytes: Uint8Array): void {
  const btf = openBtf(bytes);
  refusable(() => btf.find("node", "struct"));
  refusable(() => btf.flavours("node"));
  refusable(() => appendStrings(bytes, ["line"]));
  refusable(() => printC(btf));
  refusable(() => diffBtf(btf, btf));
  refusable(() => printDts(btf, { side: "program" }));
  refusable(() => printDts(btf, { side: "user" }));
  refusable(() => dedup(btf));
  for (const id of btf.ids()) {
    refusable(() => btf.type(id));
    refusable(() => btf.name(id));
    refusable(() => btf.sizeOf(id));
    refusable(() => btf.alignOf(id));
    refusable(() => equalTypes(btf, id, btf, btf.count - id));
    refusable(() => {
      const codec = makeCodec(btf, id);
      if (codec.size > 4096) return;
      const zeros = new Uint8Array(codec.size);
      codec.encode(codec.decode(zeros, 0), new Uint8Array(codec.size), 0);
    });
  }
}

function refusable(use: () => void): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof BtfError)) throw error;
  }
}

const valid = [everyKind().bytes, everyKind({ littleEndian: false }).bytes];

/** A few changed bytes or words, or a cut, in a valid file. */
const mutated = fc
  .record({
    file: fc.constantFrom(...valid),
    bytes: fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { maxLength: 4 }),
    words: fc.array(fc.tuple(fc.nat(10_000), fc.oneof(fc.nat(40), fc.nat(0xffffffff))), { maxLength: 4 }),
    cut: fc.option(fc.nat(10_000), { freq: 5 }),
  })
  .map(({ file, bytes, words, cut }) => {
    const copy = file.slice();
    const view = new DataView(copy.buffer);
    for (const [at, byte] of bytes) copy[at % copy.length] = byte;
    for (const [at, word] of words) view.setUint32((at * 4) % (copy.length - 4), word, file === valid[0]);
    return cut === null ? copy : copy.subarray(0, cut % copy.length);
  });

test("mutated BTF is read or refused, never more", () => {
  fc.assert(
    fc.property(mutated, (bytes) => refusable(() => useAll(bytes))),
    { numRuns },
  );
});

test("noise is refused", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => assert.throws(() => openBtf(bytes), BtfError)));
});

test("opening allocates no more than a third of the file, twice that with names", () => {
  // One type of 12 bytes after the other: the densest there is.
  const count = 100_000;
  const dense = new Uint8Array(24 + count * 12 + 2);
  const view = new DataView(dense.buffer);
  dense.set([0x9f, 0xeb, 1, 0]);
  for (const [at, value] of [
    [4, 24],
    [12, count * 12],
    [16, count * 12],
    [20, 2],
  ] as const)
    view.setUint32(at, value, true);
  for (let index = 0; index < count; index++) view.setUint32(24 + index * 12 + 4, 2 << 24, true);
  const before = process.memoryUsage().arrayBuffers;
  const btf = openBtf(dense);
  assert.equal(btf.find("none"), undefined);
  assert.ok(process.memoryUsage().arrayBuffers - before < dense.length * 1.7);
});

/** Files of some 100 KB in which much refers to one thing. Each takes milliseconds; what is not held back takes minutes. */
const MANY = 10_000;
const crowds: Readonly<Record<string, (types: BtfBuilder, int: number) => void>> = {
  "pointers to a wide struct in a wide struct": (types, int) => {
    const wide = types.struct("wide", MANY * 4, fields("field", int, 4));
    types.struct("wider", MANY * 8, fields("pointer", types.pointer(wide), 8));
  },
  "typedefs of a wide struct": (types, int) => {
    const wide = types.struct("wide", MANY * 4, fields("field", int, 4));
    for (let index = 0; index < MANY; index++) types.typedef(`name_${index}`, wide);
  },
  "structs of one name": (types, int) => {
    for (let index = 0; index < MANY; index++) types.struct("same", 4, [{ name: `field_${index}`, type: int, bitOffset: 0 }]);
  },
  "forward declarations of one name": (types) => {
    const forwards = Array.from({ length: MANY }, () => types.forward("same", "struct"));
    types.struct(
      "holder",
      MANY * 8,
      forwards.map((type, index) => ({ name: `field_${index}`, type: types.pointer(type), bitOffset: index * 64 })),
    );
  },
};

function fields(name: string, type: number, size: number): { name: string; type: number; bitOffset: number }[] {
  return Array.from({ length: MANY }, (_, index) => ({ name: `${name}_${index}`, type, bitOffset: index * size * 8 }));
}

for (const [what, build] of Object.entries(crowds)) {
  test(`${what} do not multiply the work`, () => {
    const types = new BtfBuilder();
    build(types, types.int("int", 4, { signed: true }));
    const btf = openBtf(types.encode());
    const start = process.cpuUsage();
    for (const use of [
      () => printC(btf),
      () => printDts(btf, { side: "program" }),
      () => printDts(btf, { side: "user" }),
      () => diffBtf(btf, btf),
      () => dedup(btf),
    ])
      refusable(use);
    // One that is multiplied takes minutes; on a processor, however many others want it.
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 15e6, `took ${(user + system) / 1e3} ms`);
  });
}

test("a long name that many records share is refused, one that few share is read", () => {
  const withMembers = (length: number, count: number): Uint8Array => {
    const types = new BtfBuilder();
    const int = types.int("int", 4, { signed: true });
    const name = "n".repeat(length);
    types.struct(
      "holder",
      count * 4,
      Array.from({ length: count }, (_, index) => ({ name, type: int, bitOffset: index * 32 })),
    );
    return types.encode();
  };
  assert.throws(() => openBtf(withMembers(100_000, 1)), /expected a name of at most 4096 bytes, found 100000 \(type 2, byte/);
  assert.throws(() => openBtf(withMembers(4000, 3000)), /expected names that are about as long as the file/);
  const btf = openBtf(withMembers(4000, 10));
  assert.equal(btf.type(2).kind, "struct");
  assert.equal(openBtf(withMembers(500, 60_000)).sizeOf(2), 240_000, "a kernel takes names of 511 bytes");
});
