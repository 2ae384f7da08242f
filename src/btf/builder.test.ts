import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { appendStrings } from "./append.ts";
import { type Btf, openBtf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { BtfError } from "./errors.ts";
import { everyKind } from "./testing.ts";

test("what has no body of its own is made once", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4, { signed: true });
  assert.equal(b.int("int", 4, { signed: true }), int);
  assert.notEqual(b.int("int", 4), int);
  assert.equal(b.pointer(b.const(int)), b.pointer(b.const(int)));
  assert.equal(b.array(int, 3), b.array(int, 3));
  assert.notEqual(b.array(int, 3), b.array(int, 4));
  assert.equal(b.prototype(0, [{ name: "x", type: int }]), b.prototype(0, [{ name: "x", type: int }]));
  assert.notEqual(b.struct("s", 0, []), b.struct("s", 0, []));
});

test("ids must exist in the end", () => {
  const b = new BtfBuilder();
  b.pointer(2);
  assert.throws(() => b.encode(), { name: "BtfError", message: "expected type ids below 2, found a reference to 2" });
  const reserved = b.reserve();
  assert.throws(() => b.encode(), { name: "BtfError", type: reserved });
  b.struct("later", 0, [], reserved);
  assert.throws(() => b.struct("twice", 0, [], reserved), BtfError);
  assert.equal(openBtf(b.encode()).name(reserved), "later");
});

test("numbers that do not fit their field are refused", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4);
  assert.throws(() => b.int("odd", 17), BtfError);
  assert.throws(() => b.array(int, -1), BtfError);
  assert.throws(() => b.array(int, 2 ** 32), BtfError);
  assert.throws(() => b.pointer(-1), BtfError);
  assert.throws(() => b.string("a\0b"), BtfError);
  const far = { name: "far", type: int, bitOffset: 1 << 24 };
  assert.throws(() => b.struct("s", 1 << 22, [far, { name: "bit", type: int, bitOffset: 0, bitSize: 1 }]), {
    message: 'expected members within 2 MiB beside bit-fields, found "far" of 0 bits from bit 16777216 in struct "s"',
  });
  assert.doesNotThrow(() => b.struct("s", 1 << 22, [far]));
});

test("types read and added again are the same types, in either byte order", () => {
  for (const [from, to] of [
    [true, true],
    [true, false],
    [false, true],
  ]) {
    const original = openBtf(everyKind({ littleEndian: from! }).bytes);
    const copy = openBtf(rebuild(original, to!));
    assert.equal(copy.littleEndian, to);
    assertSameTypes(copy, original);
  }
});

test("the types of the running kernel, too", { skip: !existsSync("/sys/kernel/btf/vmlinux") && "no kernel BTF" }, () => {
  const original = openBtf(readFileSync("/sys/kernel/btf/vmlinux"));
  assertSameTypes(openBtf(rebuild(original, true)), original);
});

test("strings are appended behind the types, each once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""))),
      fc.boolean(),
      (texts, littleEndian) => {
        const { bytes } = everyKind({ littleEndian });
        const before = openBtf(bytes);
        const { types, offsets } = appendStrings(bytes, texts);
        const after = openBtf(types);
        assertSameTypes(after, before);
        assert.deepEqual(
          Array.from(offsets, (offset) => after.string(offset)),
          texts,
        );
        const room = [...new Set(texts)].reduce((sum, text) => sum + (text === "" ? 0 : Buffer.byteLength(text) + 1), 0);
        assert.equal(types.length, bytes.length + room);
      },
    ),
    { numRuns: 50 },
  );
  assert.throws(() => appendStrings(everyKind().bytes, ["a\0b"]), BtfError);
});

function rebuild(btf: Btf, littleEndian: boolean): Uint8Array {
  const builder = new BtfBuilder({ littleEndian });
  for (const id of btf.ids())
    assert.equal(
      builder.add(btf.type(id), (old) => old),
      id,
    );
  return builder.encode();
}

function assertSameTypes(actual: Btf, expected: Btf): void {
  assert.equal(actual.count, expected.count);
  // JSON is many times as fast as deepEqual, and the kernel has 127,000 types.
  const text = (btf: Btf, id: number): string =>
    JSON.stringify(btf.type(id), (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  for (const id of expected.ids()) assert.equal(text(actual, id), text(expected, id));
}
