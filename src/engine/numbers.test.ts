import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../btf/btf.ts";
import { BtfBuilder } from "../btf/builder.ts";
import { makeCodec } from "../btf/codec.ts";
import type { ArrayMap, Column } from "./maps.ts";
import { columnOf, type NumberMemory, numberAt, placedCodec } from "./numbers.ts";

const builder = new BtfBuilder();
const int = (name: string, size: number, signed = false) => builder.int(name, size, { signed });
const KINDS = {
  u8: int("u8", 1),
  s8: int("s8", 1, true),
  u16: int("u16", 2),
  s16: int("s16", 2, true),
  u32: int("u32", 4),
  s32: int("s32", 4, true),
  u64: int("u64", 8),
  s64: int("s64", 8, true),
  color: builder.enum("color", 4, [{ name: "RED", value: 1 }]),
  grade: builder.enum64("grade", 8, [{ name: "TOP", value: 2n ** 63n }]),
  float: builder.float("float", 4),
  double: builder.float("double", 8),
};
const { u8, u16, u32, u64, s64 } = KINDS;
const bool = builder.int("_Bool", 1, { bool: true });
const be32 = builder.typedef("__be32", u32);
const inner = builder.struct("inner", 8, [{ name: "count", type: u32, bitOffset: 32 }]);
const unnamed = builder.struct("", 8, [{ name: "hidden", type: u64, bitOffset: 0 }]);
const row = builder.struct("row", 48, [
  { name: "packets", type: u64, bitOffset: 0 },
  { name: "flag", type: u8, bitOffset: 64 },
  { name: "port", type: u16, bitOffset: 80 },
  { name: "low", type: u32, bitOffset: 96, bitSize: 3 },
  { name: "in", type: inner, bitOffset: 128 },
  { name: "", type: unnamed, bitOffset: 192 },
  { name: "odd", type: u32, bitOffset: 264 },
  { name: "on", type: bool, bitOffset: 304 },
  { name: "change", type: s64, bitOffset: 320 },
]);
const types = openBtf(builder.encode());

class Bytes implements NumberMemory {
  bytes: Uint8Array;
  isOpen = true;
  mayWrite = true;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  live(): Uint8Array {
    return this.bytes;
  }
}

const map = (valueType: number, maxEntries = 3) => ({
  name: "rows",
  type: "array" as const,
  keySize: 4,
  valueSize: types.sizeOf(valueType),
  maxEntries,
  flags: 0x400,
  keyType: 0,
  valueType,
});

describe("a number in memory", () => {
  for (const [name, type] of Object.entries(KINDS)) {
    test(`${name} reads as its codec does, and keeps what it is set to`, () => {
      const memory = new Bytes(16);
      const codec = makeCodec(types, type);
      const number = numberAt(name, codec, 8, memory) ?? assert.fail("it is a number");
      memory.bytes.set([0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8], 8);
      const found = codec.decode(memory.bytes, 8);
      assert.equal(number.get(0), found);
      memory.bytes.fill(0, 8);
      number.set(0, found as number | bigint);
      assert.equal(codec.decode(memory.bytes, 8), found);
      assert.equal(number.number(0), Number(found));
      assert.ok(memory.bytes.subarray(0, 8).every((byte) => byte === 0));
    });
  }

  for (const [what, type, offset] of [
    ["a boolean", bool, 0],
    ["a number in network order", be32, 0],
    ["a struct", row, 0],
    ["a number that crosses its place", u32, 2],
  ] as const) {
    test(`${what} is none that is read in one piece`, () => {
      assert.equal(numberAt("x", makeCodec(types, type), offset, new Bytes(64)), null);
    });
  }
});

describe("a column", () => {
  test("is one field of every value, at multiples of 8", () => {
    const memory = new Bytes(3 * 48);
    const view = new DataView(memory.bytes.buffer);
    for (const index of [0, 1, 2]) {
      view.setBigUint64(index * 48, BigInt(index + 1), true);
      view.setUint16(index * 48 + 10, 400 + index, true);
      view.setUint32(index * 48 + 20, 70 + index, true);
      view.setBigUint64(index * 48 + 24, 2n ** 40n + BigInt(index), true);
      view.setBigInt64(index * 48 + 40, BigInt(-5 - index), true);
    }
    const all = (path: string) => [0, 1, 2].map((index) => columnOf(map(row), types, path, memory).get(index));
    assert.deepEqual(all("packets"), [1n, 2n, 3n]);
    assert.deepEqual(all("port"), [400, 401, 402]);
    assert.deepEqual(all("in.count"), [70, 71, 72]);
    assert.deepEqual(all("hidden"), [2n ** 40n, 2n ** 40n + 1n, 2n ** 40n + 2n]);
    const change = columnOf(map(row), types, "change", memory);
    assert.deepEqual([change.get(2), change.number(2), change.length], [-7n, -7, 3]);
    change.set(1, -(2n ** 63n));
    assert.equal(view.getBigInt64(88, true), -(2n ** 63n));
  });

  test("of values that are numbers themselves needs no name", () => {
    const memory = new Bytes(24);
    memory.bytes[16] = 9;
    assert.equal(columnOf(map(u32), types, "", memory).get(2), 9);
  });

  for (const [path, message] of [
    ["packet", /did you mean packets\?/],
    ["zzz", /one of its fields \(packets, flag, port/],
    ["low", /a bit-field/],
    ["on", /an integer or a float.*found int/],
    ["in", /an integer or a float.*found struct/],
    ["odd", /a multiple of 4, found byte 33/],
    ["", /found struct/],
  ] as const) {
    test(`${JSON.stringify(path)} is refused`, () => {
      assert.throws(() => columnOf(map(row), types, path, new Bytes(144)), { name: "ValueError", message });
    });
  }

  test("has no element beyond its end, none between two, and takes no value that does not fit", () => {
    const memory = new Bytes(24);
    const column = columnOf(map(u32), types, "", memory);
    for (const index of [-1, 3, 0.5, Number.NaN, 2 ** 32]) {
      assert.throws(() => column.get(index), { name: "RangeError", message: /0 to 2/ });
      assert.throws(() => column.set(index, 1), RangeError);
      assert.throws(() => column.number(index), RangeError);
    }
    for (const value of [-1, 2 ** 32, 1.5, 2n ** 40n]) assert.throws(() => column.set(0, value), { name: "ValueError" });
    assert.ok(memory.bytes.every((byte) => byte === 0));
  });

  test("follows memory that moves", () => {
    const memory = new Bytes(24);
    const column = columnOf(map(u64), types, "", memory);
    const old = memory.bytes;
    memory.bytes = old.slice();
    (old.buffer as ArrayBuffer).transfer();
    memory.bytes[8] = 4;
    assert.deepEqual([column.number(1), column.get(1)], [4, 4n]);
    column.set(2, 5n);
    assert.equal(memory.bytes[16], 5);
  });

  test("of memory that may not be written is read alone", () => {
    const memory = new Bytes(24);
    memory.mayWrite = false;
    const column = columnOf(map(u64), types, "", memory);
    assert.equal(column.get(1), 0n);
    assert.throws(() => column.set(1, 1n), { name: "MapError", code: "unsupported" });
  });

  test("of an array without types says so", () => {
    assert.throws(() => columnOf({ ...map(u32), valueType: 0 }, types, "", new Bytes(24)), /whose type is not known/);
  });
});

test("columns have the types of their fields", () => {
  const check = (rows: ArrayMap<{ packets: bigint; port: number; on: boolean }>, totals: ArrayMap<bigint>): unknown => {
    const packets: Column<bigint> = rows.column("packets");
    const port: Column<number> = rows.column("port");
    const total: Column<bigint> = totals.column();
    // @ts-expect-error: a bigint is no number
    const wrong: Column<number> = rows.column("packets");
    return [packets, port, total, wrong];
  };
  assert.equal(typeof check, "function");
});

describe("a codec of one place", () => {
  for (const [name, type] of Object.entries({ ...KINDS, bool, be32, row })) {
    test(`${name} is read and written as by its codec`, () => {
      const codec = makeCodec(types, type, { name });
      const bytes = new Uint8Array(codec.size);
      const placed = placedCodec(codec, bytes);
      for (const fill of [0, 1, 0x7f, 0x80, 0xff]) {
        const other = new Uint8Array(codec.size).fill(fill);
        const value = codec.decode(other, 0);
        // NaN is no NaN of its own, and a boolean no more than one bit.
        if (Number.isNaN(value) || (name === "bool" && fill > 1)) continue;
        placed.write(value);
        codec.encode(value, other, 0);
        assert.deepEqual(bytes, other);
        assert.deepEqual(placed.read(), value);
      }
      assert.throws(() => placed.write("none"), { name: "ValueError" });
    });
  }

  for (const value of [-1, 1.5, 2 ** 32, Number.NaN, 2n ** 32n, null]) {
    test(`${value} is no u32`, () => {
      const bytes = new Uint8Array(4);
      assert.throws(() => placedCodec(makeCodec(types, u32), bytes).write(value), { name: "ValueError" });
      assert.deepEqual(bytes, new Uint8Array(4));
    });
  }

  test("a bigint and an address are a u32, too", () => {
    const bytes = new Uint8Array(4);
    const placed = placedCodec(makeCodec(types, u32), bytes);
    placed.write(7n);
    assert.equal(placed.read(), 7);
    placed.write("192.0.2.1");
    assert.deepEqual([...bytes], [192, 0, 2, 1]);
  });
});
