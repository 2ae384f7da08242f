import assert from "node:assert/strict";
import { test } from "node:test";
import { openBtf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { diffBtf } from "./diff.ts";
import { everyKind } from "./testing.ts";

test("nothing changed between a BTF and itself", () => {
  const btf = openBtf(everyKind().bytes);
  assert.deepEqual(diffBtf(btf, btf), []);
});

test("what came, went, moved and changed", () => {
  const before = new BtfBuilder();
  {
    const b = before;
    const int = b.int("int", 4, { signed: true });
    const inner = b.struct("", 4, [{ name: "flags", type: int, bitOffset: 0 }]);
    b.struct("task", 16, [
      { name: "pid", type: int, bitOffset: 0 },
      { name: "name", type: b.pointer(b.int("char", 1)), bitOffset: 64 },
      { name: "u", type: inner, bitOffset: 32 },
    ]);
    b.struct("gone", 0, []);
    b.enum("state", 4, [
      { name: "RUNNING", value: 0 },
      { name: "OLD", value: 1 },
    ]);
    b.typedef("pid_t", int);
    b.function("kill", b.prototype(int, [{ name: "pid", type: int }]), "global");
  }
  const after = new BtfBuilder();
  {
    const b = after;
    // In another order, with other ids.
    b.enum("state", 4, [
      { name: "RUNNING", value: 1 },
      { name: "NEW", value: 2 },
    ]);
    const long = b.int("long", 8, { signed: true });
    const int = b.int("int", 4, { signed: true });
    const inner = b.union("", 8, [{ name: "flags", type: long, bitOffset: 0 }]);
    b.struct("task", 24, [
      { name: "u", type: inner, bitOffset: 0 },
      { name: "pid", type: int, bitOffset: 64 },
      { name: "comm", type: b.array(b.int("char", 1), 8), bitOffset: 128 },
    ]);
    b.struct("come", 0, []);
    b.typedef("pid_t", long);
    b.function(
      "kill",
      b.prototype(int, [
        { name: "pid", type: int },
        { name: "signal", type: int },
      ]),
      "global",
    );
  }
  assert.deepEqual(diffBtf(openBtf(before.encode()), openBtf(after.encode())), [
    { change: "added", kind: "struct", name: "come" },
    { change: "removed", kind: "struct", name: "gone" },
    {
      change: "changed",
      kind: "struct",
      name: "task",
      parts: [
        { part: "size", from: 16, to: 24 },
        {
          part: "field",
          change: "changed",
          name: "pid",
          from: { bitOffset: 0, bitSize: 0, type: "int" },
          to: { bitOffset: 64, bitSize: 0, type: "int" },
        },
        { part: "field", change: "removed", name: "name", field: { bitOffset: 64, bitSize: 0, type: "char *" } },
        {
          part: "field",
          change: "changed",
          name: "u.flags",
          from: { bitOffset: 32, bitSize: 0, type: "int" },
          to: { bitOffset: 0, bitSize: 0, type: "long" },
        },
        { part: "field", change: "added", name: "comm", field: { bitOffset: 128, bitSize: 0, type: "char [8]" } },
      ],
    },
    {
      change: "changed",
      kind: "enum",
      name: "state",
      parts: [
        { part: "enumerator", name: "RUNNING", from: 0n, to: 1n },
        { part: "enumerator", name: "OLD", from: 1n, to: null },
        { part: "enumerator", name: "NEW", from: null, to: 2n },
      ],
    },
    { change: "changed", kind: "typedef", name: "pid_t", parts: [{ part: "type", from: "int", to: "long" }] },
    {
      change: "changed",
      kind: "function",
      name: "kill",
      parts: [{ part: "type", from: "int (int pid)", to: "int (int pid, int signal)" }],
    },
  ]);
});

test("of several types with one name, those that stayed are set aside", () => {
  const types = (...sizes: number[]) => {
    const b = new BtfBuilder();
    for (const size of sizes) b.struct("state", size, []);
    return openBtf(b.encode());
  };
  assert.deepEqual(diffBtf(types(1, 2), types(3, 1)), [
    { change: "changed", kind: "struct", name: "state", parts: [{ part: "size", from: 2, to: 3 }] },
  ]);
});
