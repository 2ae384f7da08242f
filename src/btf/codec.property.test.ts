/** Codecs of random types: what is decoded from any bytes encodes again, and to bytes that mean the same. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { openBtf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { makeCodec } from "./codec.ts";
import { ValueError } from "./errors.ts";

/** A type to be made: its size in bytes is known beforehand, which lays out the structs around it. */
interface Plan {
  readonly size: number;
  define(b: BtfBuilder): number;
}

const integer: fc.Arbitrary<Plan> = fc
  .record({ size: fc.constantFrom(1, 2, 4, 8, 16), signed: fc.boolean() })
  .map(({ size, signed }) => ({ size, define: (b) => b.int(`i${size}`, size, { signed }) }));

const scalar: fc.Arbitrary<Plan> = fc.oneof(
  integer,
  fc.constant<Plan>({ size: 1, define: (b) => b.int("_Bool", 1, { bool: true }) }),
  fc.constant<Plan>({ size: 8, define: (b) => b.pointer(0) }),
  fc.constant<Plan>({ size: 2, define: (b) => b.typedef("__be16", b.int("u16", 2)) }),
  fc.constant<Plan>({ size: 4, define: (b) => b.enum("e", 4, [{ name: "A", value: 1 }]) }),
  fc.constant<Plan>({ size: 5, define: (b) => b.array(b.int("char", 1), 5) }),
  fc.constant<Plan>({ size: 3, define: (b) => b.array(b.int("unsigned char", 1), 3) }),
  fc.constant<Plan>({ size: 4, define: (b) => b.typedef("Ipv4Address", b.int("u32", 4)) }),
);

const { plan } = fc.letrec<{ plan: Plan; array: Plan; struct: Plan }>((tie) => ({
  plan: fc.oneof({ maxDepth: 3 }, scalar, tie("array"), tie("struct")),
  array: fc
    .record({ element: tie("plan"), length: fc.integer({ min: 1, max: 4 }) })
    .map(({ element, length }) => ({ size: element.size * length, define: (b) => b.array(element.define(b), length) })),
  struct: fc.array(fc.record({ type: tie("plan"), gap: fc.nat(3) }), { maxLength: 5 }).map((parts) => {
    let size = 0;
    const places = parts.map(({ type, gap }) => {
      const at = size + gap;
      size = at + type.size;
      return at;
    });
    const define = (b: BtfBuilder): number => {
      const members = parts.map(({ type }, index) => ({
        name: `m${index}`,
        type: type.define(b),
        bitOffset: places[index]! * 8,
      }));
      return b.struct("s", size, members);
    };
    return { size, define };
  }),
}));

test("decode, encode, decode", () => {
  fc.assert(
    fc.property(plan, fc.boolean(), fc.infiniteStream(fc.nat(255)), (type, littleEndian, noise) => {
      const builder = new BtfBuilder({ littleEndian });
      const id = type.define(builder);
      const codec = makeCodec(openBtf(builder.encode()), id);
      assert.equal(codec.size, type.size);
      const bytes = Uint8Array.from({ length: type.size + 7 }, () => noise.next().value);
      const value = codec.decode(bytes, 3);
      const again = new Uint8Array(type.size + 7).fill(0xee);
      codec.encode(value, again, 3);
      assert.deepEqual(codec.decode(again, 3), value);
      assert.deepEqual(codec.decodeInto(codec.decode(new Uint8Array(type.size), 0), bytes, 3), value);
      // Nothing is written around.
      for (const at of [0, 1, 2, type.size + 3, type.size + 6]) assert.equal(again[at], 0xee);
    }),
    { numRuns: 300 },
  );
});

const KERNEL = "/sys/kernel/btf/vmlinux";

test("every struct of the running kernel decodes and encodes", { skip: !existsSync(KERNEL) && `no ${KERNEL}` }, () => {
  const btf = openBtf(readFileSync(KERNEL));
  const noise = Uint8Array.from({ length: 1 << 14 }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 13) & 0xff);
  let agree = 0;
  let disagree = 0;
  for (const id of btf.ids("struct")) {
    const codec = makeCodec(btf, id);
    if (codec.size > noise.length) continue;
    const value = codec.decode(noise, 0);
    const again = new Uint8Array(codec.size);
    try {
      codec.encode(value, again, 0);
      assert.deepEqual(JSON.stringify(codec.decode(again, 0), text), JSON.stringify(value, text));
      agree++;
    } catch (error) {
      // In noise, a union's boolean or text may not be all that another field sees there.
      if (!(error instanceof ValueError && / that differ$/.test(error.message))) throw error;
      disagree++;
    }
  }
  assert.ok(disagree < agree / 100, `${disagree} of ${agree}`);
});

function text(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}
