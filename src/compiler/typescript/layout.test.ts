/** Structs lie in memory as a C compiler lays them out on a 64-bit machine. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { alignOf, layOut, paddingOf, sizeOf } from "./layout.ts";
import { BOOL, INTS, IPV6_ADDRESS, MAC_ADDRESS, NETWORK, type StoredType } from "./types.ts";

const { u8, u16, u32, u64 } = INTS;

function members(...types: StoredType[]) {
  return types.map((type, index) => ({ name: `f${index}`, type }));
}

describe("layout", () => {
  test("is what clang does", () => {
    const inner = layOut("inner", members(u8, u64), false);
    for (const [types, offsets, size, align] of [
      [[u8, u32], [0, 4], 8, 4],
      [[u32, u8], [0, 4], 8, 4],
      [[u8, u16, u8], [0, 2, 4], 6, 2],
      [[u8, u64, u8], [0, 8, 16], 24, 8],
      [[u8, MAC_ADDRESS, u8], [0, 1, 7], 8, 1],
      [[u32, IPV6_ADDRESS, NETWORK.be16], [0, 4, 20], 24, 4],
      [[u8, inner, BOOL], [0, 8, 24], 32, 8],
      [[{ kind: "array", element: u16, length: 3, name: null }, u8], [0, 6], 8, 2],
    ] as const) {
      const struct = layOut("s", members(...types), false);
      assert.deepEqual([struct.fields.map(({ offset }) => offset), struct.size, struct.align], [offsets, size, align]);
    }
  });

  test("packed, has no padding and no alignment", () => {
    const struct = layOut("s", members(u8, u32, u64), true);
    assert.deepEqual([struct.fields.map(({ offset }) => offset), struct.size, struct.align], [[0, 1, 5], 13, 1]);
    assert.deepEqual(paddingOf(struct), []);
  });

  test("accounts for every byte: fields and padding, aligned, without overlap", () => {
    const leaf = fc.constantFrom<StoredType>(u8, u16, u32, u64, BOOL, MAC_ADDRESS, NETWORK.be32);
    const struct = fc
      .array(leaf, { minLength: 1, maxLength: 6 })
      .map((types): StoredType => layOut("inner", members(...types), false));
    fc.assert(
      fc.property(fc.array(fc.oneof(leaf, struct), { minLength: 1, maxLength: 8 }), (types) => {
        const whole = layOut("s", members(...types), false);
        const used = new Uint8Array(whole.size);
        for (const { type, offset } of whole.fields) {
          assert.equal(offset % alignOf(type), 0);
          for (let byte = offset; byte < offset + sizeOf(type); byte++) used[byte]! += 1;
        }
        for (const [from, end] of paddingOf(whole)) for (let byte = from; byte < end; byte++) used[byte]! += 1;
        assert.ok(used.every((count) => count === 1));
        assert.equal(whole.size % whole.align, 0);
      }),
    );
  });
});
