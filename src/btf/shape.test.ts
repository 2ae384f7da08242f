import assert from "node:assert/strict";
import { test } from "node:test";
import { openBtf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { equalTypes } from "./shape.ts";
import { everyKind } from "./testing.ts";

test("a type equals itself, in another BTF and byte order, too", () => {
  const little = openBtf(everyKind().bytes);
  const big = openBtf(everyKind({ littleEndian: false }).bytes);
  for (const id of little.ids()) assert.ok(equalTypes(little, id, big, id), little.kind(id));
});

test("one difference anywhere within reach makes types unequal", () => {
  const list = (key: (b: BtfBuilder) => number) => {
    const b = new BtfBuilder();
    // Ids differ from one list to the next.
    b.float("unused", 4);
    const type = key(b);
    const self = b.reserve();
    const members = [
      { name: "next", type: b.pointer(self), bitOffset: 0 },
      { name: "key", type: b.pointer(type), bitOffset: 64 },
    ];
    b.struct("list", 16, members, self);
    return { btf: openBtf(b.encode()), id: self };
  };
  const int = list((b) => b.int("int", 4));
  const same = list((b) => {
    b.int("other", 2);
    return b.int("int", 4);
  });
  assert.ok(equalTypes(int.btf, int.id, same.btf, same.id));
  for (const other of [
    list((b) => b.int("int", 8)),
    list((b) => b.int("int", 4, { signed: true })),
    list((b) => b.const(b.int("int", 4))),
    list((b) => b.typedef("key_t", b.int("int", 4))),
  ]) {
    assert.ok(!equalTypes(int.btf, int.id, other.btf, other.id));
  }
});

test("circles of any length take linear time", () => {
  const circle = (length: number) => {
    const b = new BtfBuilder();
    const first = b.nextId;
    for (let index = 0; index < length; index++) b.pointer(first + ((index + 1) % length));
    return openBtf(b.encode());
  };
  assert.ok(equalTypes(circle(20_000), 1, circle(19_999), 1));
});
