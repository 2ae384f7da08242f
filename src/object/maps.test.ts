import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildElf, code } from "../../test/object/elf-builder.ts";
import { fixture } from "../../test/object/fixtures.ts";
import { exit, immediate, main, map, one, program, read } from "../../test/object/reading.ts";
import { openBtf } from "../btf/btf.ts";
import { openElf } from "./elf.ts";
import { link } from "./link/link.ts";
import { readObject } from "./read.ts";
import type { Spec } from "./spec.ts";
import { ObjectTypes } from "./types.ts";

describe("maps", () => {
  const spec = read("maps");

  it("say all that their definition says", () => {
    const { keyType, valueType, ...typed } = map(spec, "typed");
    assert.deepEqual(typed, {
      name: "typed",
      type: "hash",
      keySize: 8,
      valueSize: 16,
      maxEntries: 1000,
      flags: 5,
      section: ".maps",
      pinning: "name",
      numaNode: 1,
    });
    const btf = openBtf(spec.types!);
    assert.deepEqual([btf.name(btf.resolve(keyType)), btf.name(btf.resolve(valueType))], ["key", "value"]);
    assert.equal(map(spec, "bloom").extra, 3n);
    assert.equal(map(read("arena"), "memory").extra, 1n << 44n, "a number of 64 bits");
  });

  it("have sizes that a kernel accepts", () => {
    assert.equal(map(spec, "ring").maxEntries, 8192, "5000 bytes, rounded up to a power of two");
    const { keySize, valueSize } = map(read("legacy"), "events");
    assert.deepEqual([keySize, valueSize], [4, 4], "descriptors, when nothing is said");
  });

  it("of maps know what is in them, and are filled from the start", () => {
    const { inner, contents } = map(spec, "outer");
    assert.deepEqual([inner?.name, inner?.type, inner?.maxEntries], ["outer.inner", "array", 4]);
    assert.deepEqual(contents, {
      kind: "maps",
      entries: [
        { key: 1, map: "inner_b" },
        { key: 5, map: "inner_a" },
      ],
    });
    assert.equal(map(spec, "outer_hash").inner?.keySize, 2);
  });

  it("of programs likewise", () => {
    assert.deepEqual(map(spec, "calls").contents, {
      kind: "programs",
      entries: [
        { key: 0, program: "called" },
        { key: 2, program: "called_too" },
      ],
    });
  });

  it("are loaded by reference: the instruction has the pseudo source, the list the name", () => {
    const uses = program(spec, "uses");
    const [first] = uses.relocations;
    assert.ok(first);
    assert.deepEqual([first.kind, first.map, first.offset], ["map", "typed", 0]);
    assert.equal(uses.code[first.slot * 8], 0x18);
    assert.equal(uses.code[first.slot * 8 + 1]! >>> 4, 1);
    assert.equal(immediate(uses, first.slot), 0);
  });

  it("of the time before BTF are read too", () => {
    const legacy = read("legacy");
    const { type, keySize, valueSize, maxEntries, flags } = map(legacy, "counts");
    assert.deepEqual(
      { type, keySize, valueSize, maxEntries, flags },
      { type: "hash", keySize: 4, valueSize: 8, maxEntries: 64, flags: 1 },
    );
    assert.equal(program(legacy, "uses").type, "socket_filter");
  });

  it("of the first year of BTF say their numbers as a variable does", () => {
    for (const name of ["legacy", "legacy-big"]) {
      const { type, keySize, valueSize, maxEntries } = map(read(name), "dated");
      assert.deepEqual({ type, keySize, valueSize, maxEntries }, { type: "hash", keySize: 4, valueSize: 8, maxEntries: 64 });
    }
  });

  it("of iproute2 as well, with pinning and inner maps", () => {
    const spec = read("iproute2");
    assert.equal(map(spec, "jumps").pinning, "name");
    assert.deepEqual([map(spec, "of_maps").inner?.type, map(spec, "of_maps").inner?.maxEntries], ["array", 1]);
  });

  it("are where their symbols are: libbpf's static linker gives those that another object declared no place in the types", () => {
    const bytes = link([{ name: "maps.o", bytes: fixture("maps") }]);
    const types = new ObjectTypes(openElf(bytes).find(".BTF")!.bytes);
    const section = types.btf.find(".maps", "section")!;
    for (let index = 0; index < types.variableCount(section); index++) types.setVariable(section, index, { offset: 0 });
    const linked = readObject(bytes, { name: "maps.o" });
    assert.deepEqual(
      linked.programs.map(({ relocations }) => relocations),
      spec.programs.map(({ relocations }) => relocations),
    );
  });
});

describe("variables", () => {
  const spec = read("globals");

  it("live in maps named after object and section, constants in frozen ones", () => {
    const sections = spec.maps.map(({ name, flags, frozen }) => [name, flags, frozen ?? false]);
    assert.deepEqual(sections, [
      ["globals.rodata", 1024 | 128, true],
      ["globals.data", 1024, false],
      [".data.hot", 1024, false],
      [".rodata.tables", 1024 | 128, true],
      ["globals.bss", 1024, false],
      [".bss.pages", 1024, false],
      [".rodata.str1.1", 128, true],
    ]);
  });

  it("have a name, a place, a type and an initial value", () => {
    const btf = openBtf(spec.types!);
    const limit = spec.globals?.find(({ name }) => name === "limit");
    assert.ok(limit);
    assert.deepEqual([limit.map, limit.size, limit.linkage, btf.name(limit.type)], ["globals.data", 4, "global", "u32"]);
    const { contents } = map(spec, "globals.data");
    assert.ok(contents?.kind === "bytes");
    assert.equal(new DataView(contents.bytes.buffer).getUint32(limit.offset, true), 100);
    assert.equal(spec.globals?.find(({ name }) => name === "shy")?.linkage, "static", "hidden from other objects");
  });

  it("are named by symbols when there are no types", () => {
    const plain = read("no-types");
    assert.equal(plain.types, null);
    const places = (globals: Spec["globals"]) => new Map(globals?.map(({ name, offset }) => [name, offset]));
    const untyped = places(plain.globals);
    for (const [name, offset] of places(spec.globals)) assert.equal(untyped.get(name), offset, name);
  });

  it("of sections that BTF left open are completed there", () => {
    const btf = openBtf(spec.types!);
    const section = btf.type(btf.find(".data", "section")!);
    assert.ok(section.kind === "section");
    assert.equal(section.size, 17);
    assert.deepEqual(
      section.variables.map(({ type, offset }) => [btf.name(type), offset]),
      [
        ["limit", 0],
        ["shy", 4],
        ["pointer", 8],
        ["flag", 16],
      ],
    );
  });

  it("that hold addresses are pointed out: no loader fills them in", () => {
    assert.deepEqual(map(spec, "globals.data").pointers, [{ offset: 8, symbol: "limit" }]);
  });

  it("in two sections of one name are in two maps", () => {
    const data = code([0x18, 0x01, 0, 0], [0, 0, 0, 0], [0x18, 0x01, 0, 0], [0, 0, 0, 0], exit);
    const bytes = buildElf({
      sections: [
        { ...one, data },
        { name: ".rodata", flags: 2, data: new Uint8Array(4) },
        { name: ".rodata", flags: 0x12, data: Uint8Array.of(1) },
      ],
      symbols: [
        { ...main, size: data.length },
        { name: "x", section: ".rodata", type: 1, size: 1 },
      ],
      relocations: [{ section: "socket", offset: 16, symbol: "x" }],
    });
    const { maps, programs } = readObject(bytes, { name: "two" });
    assert.deepEqual(
      maps.map(({ name, valueSize }) => [name, valueSize]),
      [
        ["two.rodata", 4],
        ["two.rodata.3", 1],
      ],
    );
    assert.equal(programs[0]?.relocations[0]?.map, "two.rodata.3");
  });

  it("of an arena lie at its start, where every kernel takes them", () => {
    const arena = read("arena");
    const { contents } = map(arena, "memory");
    assert.ok(contents?.kind === "bytes");
    assert.deepEqual([contents.offset ?? 0, contents.bytes[0]], [0, 11]);
    assert.deepEqual(
      arena.globals?.map(({ name, offset }) => [name, offset]),
      [
        ["shared", 0],
        ["numbers", 8],
      ],
    );
    assert.deepEqual(
      program(arena, "uses").relocations.map(({ map: name, offset }) => [name, offset]),
      [
        ["memory", 8],
        ["memory", 8],
        ["memory", 0],
      ],
    );
  });
});

describe("kernel interfaces", () => {
  const spec = read("struct-ops");

  it("are maps whose members are programs", () => {
    assert.deepEqual(map(spec, "registered").structOps?.functions, [
      { member: "init", offset: 8, program: "my_init" },
      { member: "ssthresh", offset: 16, program: "my_ssthresh" },
    ]);
    assert.equal(map(spec, "linked").structOps?.link, true);
    assert.equal(map(spec, "linked").flags, 1 << 13);
    assert.equal(map(spec, "optional").autocreate, false);
    assert.equal(map(spec, "registered").structOps?.typeName, "tcp_congestion_ops");
  });
});
