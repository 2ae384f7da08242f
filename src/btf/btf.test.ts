import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { openBtf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { BtfError } from "./errors.ts";
import { everyKind, withTypes } from "./testing.ts";

test("a type is found by name and read as data", () => {
  const { bytes, ids } = everyKind();
  const btf = openBtf(bytes);
  assert.equal(btf.find("node"), ids.node);
  assert.deepEqual(btf.type(ids.node), {
    kind: "struct",
    id: ids.node,
    name: "node",
    size: 40,
    members: [
      { name: "next", type: ids.next, bitOffset: 0, bitSize: 0 },
      { name: "key", type: ids.u64, bitOffset: 64, bitSize: 0 },
      { name: "low", type: ids.int, bitOffset: 128, bitSize: 3 },
      { name: "high", type: ids.int, bitOffset: 131, bitSize: 29 },
      { name: "name", type: ids.name, bitOffset: 192, bitSize: 0 },
    ],
  });
});

test("all 19 kinds decode, in either byte order", () => {
  for (const littleEndian of [true, false]) {
    const { bytes, ids } = everyKind({ littleEndian });
    const btf = openBtf(bytes);
    assert.equal(btf.littleEndian, littleEndian);
    const kinds = new Set([...btf.ids()].map((id) => btf.type(id).kind));
    assert.equal(kinds.size, 19);
    const expected: [number, object][] = [
      [0, { kind: "void", name: "" }],
      [ids.int, { kind: "int", name: "int", size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false }],
      [ids.next, { kind: "pointer", name: "", type: ids.node }],
      [ids.name, { kind: "array", name: "", element: ids.char, index: btf.find("__ARRAY_SIZE_TYPE__"), length: 16 }],
      [
        ids.color,
        {
          kind: "enum",
          name: "color",
          size: 4,
          signed: true,
          values: [
            { name: "RED", value: -1 },
            { name: "GREEN", value: 7 },
          ],
        },
      ],
      [ids.flags, { kind: "enum64", name: "flags", size: 8, signed: false, values: [{ name: "TOP", value: 1n << 63n }] }],
      [ids.forward, { kind: "forward", name: "elsewhere", of: "union" }],
      [
        ids.prototype,
        { kind: "prototype", name: "", result: ids.int, parameters: [{ name: "first", type: ids.restricted }], variadic: true },
      ],
      [ids.main, { kind: "function", name: "main", type: ids.prototype, linkage: "global" }],
      [ids.counter, { kind: "variable", name: "counter", type: ids.u64, linkage: "static" }],
      [ids.bss, { kind: "section", name: ".bss", size: 8, variables: [{ type: ids.counter, offset: 0, size: 8 }] }],
      [ids.double, { kind: "float", name: "double", size: 8 }],
      [ids.tag, { kind: "declTag", name: "deprecated", type: ids.node, component: 1, attribute: false }],
      [ids.user, { kind: "typeTag", name: "user", type: ids.int, attribute: false }],
    ];
    for (const [id, data] of expected) assert.deepEqual(btf.type(id), { id, ...data });
  }
});

test("names are found by kind, and together with their flavours", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4);
  const typedef = builder.typedef("thing", int);
  const struct = builder.struct("thing", 0, []);
  const flavour = builder.struct("thing___v2", 0, []);
  const other = builder.struct("thing____v2", 0, []);
  const btf = openBtf(builder.encode());
  // The first look-up goes another way than those that follow.
  for (const fresh of [() => openBtf(btf.bytes), () => btf, () => btf]) {
    assert.equal(fresh().find("thing"), typedef);
    assert.equal(fresh().find("thing", "struct"), struct);
    assert.equal(fresh().find("thing___v2"), flavour);
    assert.equal(fresh().find("thin"), undefined);
    assert.equal(fresh().find("thing\0"), undefined);
  }
  assert.equal(btf.find("thing", "struct"), struct);
  assert.equal(btf.find("thing", "union"), undefined);
  assert.equal(btf.find("thin"), undefined);
  assert.equal(btf.find(""), undefined);
  assert.deepEqual(btf.flavours("thing"), [typedef, struct, flavour]);
  assert.deepEqual(btf.flavours("thing___mine"), [typedef, struct, flavour]);
  assert.deepEqual(btf.flavours("thing____v2"), [other]);
  assert.deepEqual([...btf.ids("struct")], [struct, flavour, other]);
});

test("size, alignment and what lies behind a name", () => {
  const { bytes, ids } = everyKind();
  const btf = openBtf(bytes);
  assert.equal(btf.resolve(ids.alias), ids.node);
  assert.equal(btf.resolve(ids.user), ids.int);
  for (const [id, size, align] of [
    [ids.int, 4, 4],
    [ids.next, 8, 8],
    [ids.name, 16, 1],
    [ids.alias, 40, 8],
    [ids.color, 4, 4],
    [ids.counter, 8, 8],
  ] as const) {
    assert.equal(btf.sizeOf(id), size);
    assert.equal(btf.alignOf(id), align);
  }
  assert.equal(btf.sizeOf(ids.bss), 8);
  assert.throws(() => btf.sizeOf(0), { name: "BtfError", message: "expected a type that has a size, found void (type 0)" });
  assert.throws(() => btf.sizeOf(ids.main), BtfError);
});

test("a packed struct is aligned to what its members allow", () => {
  const packed = withTypes((b) => {
    const int = b.int("int", 4);
    return b.struct("packed", 6, [
      { name: "a", type: b.int("short", 2), bitOffset: 0 },
      { name: "b", type: int, bitOffset: 16 },
    ]);
  });
  assert.equal(packed.btf.alignOf(packed.id), 2);
});

test("split BTF continues the ids and strings of its base", () => {
  const base = openBtf(everyKind().bytes);
  const builder = new BtfBuilder({ base });
  const node = base.find("node")!;
  const pointer = builder.pointer(node);
  const module = builder.struct("module_state", 8, [{ name: "first", type: pointer, bitOffset: 0 }]);
  const split = openBtf(builder.encode(), base);
  assert.equal(pointer, base.count);
  assert.equal(split.count, base.count + 2);
  assert.equal(split.find("module_state"), module);
  assert.equal(split.find("node"), node);
  assert.equal(split.name(node), "node");
  assert.deepEqual(split.type(node), base.type(node));
  assert.equal(base.find("module_state"), undefined);
  assert.deepEqual([...split.ids("struct")], [node, module]);
  assert.throws(() => base.type(module), {
    name: "BtfError",
    message: `expected a type id below ${base.count}, found ${module}`,
  });
});

test("what is no BTF is refused with what is wrong and where", () => {
  const { bytes } = everyKind();
  const changed = (at: number, value: number): Uint8Array => bytes.with(at, value);
  const cases: [string, Uint8Array, RegExp][] = [
    ["empty", new Uint8Array(), /a header of 24 bytes, found 0 bytes/],
    ["other magic", changed(0, 0), /magic number 0xeb9f, found 0x/],
    ["version 2", changed(2, 2), /BTF version 1, found 2 \(byte 2\)/],
    ["flags", changed(3, 1), /no flags in the BTF header, found 0x1/],
    ["short header", changed(4, 23), /a header length of 24 to/],
    ["cut off", bytes.subarray(0, -1), /the strings within \d+ bytes/],
    ["types beyond the end", changed(15, 1), /the types within \d+ bytes/],
    ["no NUL at the end", changed(bytes.length - 1, 65), /the strings to end with a NUL/],
    ["unknown kind", changed(24 + 7, 31), /a kind from 1 to 19, found 31 \(type 1, byte 28\)/],
    ["reserved bits", changed(24 + 6, 1), /reserved bits of zero/],
    ["type cut off", changed(12, bytes[12]! - 4), /a whole type, found the end of the types/],
  ];
  for (const [what, data, message] of cases) {
    assert.throws(() => openBtf(data), { name: "BtfError", message }, what);
  }
});

test("references are checked when a type is read, not before", () => {
  const { bytes, ids } = everyKind();
  const btf = openBtf(bytes);
  const record = btf.recordStart(ids.next);
  const wrong = openBtf(bytes.with(record + 8, 250));
  assert.throws(() => wrong.type(ids.next), {
    name: "BtfError",
    type: ids.next,
    offset: record + 8,
    message: `expected a type id below ${btf.count}, found 250 (type ${ids.next}, byte ${record + 8})`,
  });
  const noName = openBtf(bytes.with(record + 2, 1));
  assert.throws(() => noName.type(ids.next), { name: "BtfError", message: /the offset of a string below/ });
  assert.equal(noName.type(ids.int).name, "int");
});

test("an enum that is declared and not defined has no size; clang writes it so", () => {
  const builder = new BtfBuilder();
  const later = builder.enum("later", 0, []);
  const wrong = builder.enum("wrong", 0, [{ name: "ONE", value: 1 }]);
  const btf = openBtf(builder.encode());
  assert.deepEqual(btf.type(later), { kind: "enum", id: later, name: "later", size: 0, signed: false, values: [] });
  assert.equal(btf.sizeOf(later), 0);
  assert.throws(() => btf.type(wrong), { name: "BtfError", message: /an enum of 1, 2, 4 or 8 bytes, found 0/ });
});

test("endless chains end", () => {
  const builder = new BtfBuilder();
  const first = builder.typedef("a", builder.nextId + 1);
  builder.typedef("b", first);
  const btf = openBtf(builder.encode());
  assert.throws(() => btf.resolve(first), {
    name: "BtfError",
    message: /a chain of at most 32 types, found a longer or endless one \(type 1 "a"\)/,
  });
  assert.throws(() => btf.sizeOf(first), BtfError);
  assert.throws(() => btf.alignOf(first), BtfError);
});

const KERNEL = "/sys/kernel/btf/vmlinux";

test("every type of the running kernel decodes", { skip: !existsSync(KERNEL) && `no ${KERNEL}` }, () => {
  const btf = openBtf(readFileSync(KERNEL));
  const task = btf.find("task_struct", "struct");
  assert.ok(task !== undefined);
  assert.ok(btf.sizeOf(task) > 1000);
  for (const id of btf.ids()) assert.equal(btf.type(id).name, btf.name(id));
});
