import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildElf, CODE, code } from "../../test/object/elf-builder.ts";
import { fixture } from "../../test/object/fixtures.ts";
import { openBtf } from "../btf/btf.ts";
import { ObjectError } from "./errors.ts";
import { readObject } from "./read.ts";
import type { MapSpec, ProgramSpec, Spec } from "./spec.ts";

/** An object by hand: `r0 = 1; exit`. */
const exit = [0x95, 0, 0, 0] as const;
const one = { name: "socket", flags: CODE, data: code([0xb7, 0, 0, 1], exit) };
const main = { name: "main", section: "socket", type: 2, size: 16 };

function read(name: string): Spec {
  return readObject(fixture(name), { name: `${name}.o` });
}

function program(spec: Spec, name: string): ProgramSpec {
  const found = spec.programs.find((each) => each.name === name);
  assert.ok(found, `a program ${name}`);
  return found;
}

function map(spec: Spec, name: string): MapSpec {
  const found = spec.maps.find((each) => each.name === name);
  assert.ok(found, `a map ${name}`);
  return found;
}

/** What a slot's immediate says. */
function immediate({ code: bytes }: ProgramSpec, slot: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(slot * 8 + 4, true);
}

function names({ functions }: ProgramSpec): string {
  return functions.map(({ name }) => name).join(" ");
}

describe("an object becomes a Spec", () => {
  it("named after its file, with its licence and kernel version", () => {
    const { name, license, kernelVersion } = readObject(fixture("programs"), { name: "some/folder/programs.bpf.o" });
    assert.deepEqual({ name, license, kernelVersion }, { name: "programs", license: "GPL", kernelVersion: 0x060102 });
  });

  it("that is plain data, and keeps nothing of the file", () => {
    const bytes = fixture("globals");
    const before = bytes.slice();
    const spec = readObject(bytes);
    assert.deepEqual(structuredClone(spec), spec);
    assert.deepEqual(bytes, before, "the file is not written to");
    const snapshot = structuredClone(spec);
    bytes.fill(0xff);
    assert.deepEqual(spec, snapshot);
  });

  it("also when the bytes come as a Buffer", () => {
    const buffer = Buffer.from(fixture("globals"));
    const before = Buffer.from(buffer);
    assert.deepEqual(readObject(buffer), readObject(fixture("globals")));
    assert.deepEqual(buffer, before);
  });
});

describe("programs", () => {
  const spec = read("programs");

  it("are the global functions outside .text, in order of their place", () => {
    assert.equal(spec.programs.map(({ name }) => name).join(" "), "first second callbacks fragments sleepy wide iproute2 nobody");
  });

  it("are what their section says", () => {
    const { section, type, attachType, target, flags } = program(spec, "sleepy");
    assert.deepEqual(
      { section, type, attachType, target, flags },
      { section: "lsm.s/file_open", type: "lsm", attachType: "lsm_mac", target: "file_open", flags: 16 },
    );
    assert.equal(program(spec, "fragments").flags, 32);
    assert.equal(program(spec, "callbacks").autoload, false);
    assert.equal(program(spec, "callbacks").section, "socket");
    assert.equal(program(spec, "nobody").type, "unspec");
  });

  it("carry the functions that they reach behind them, each once, depth first", () => {
    assert.equal(names(program(spec, "first")), "first global_sum leaf");
    assert.equal(names(program(spec, "second")), "second hidden_sum middle leaf weak_one");
  });

  it("call them where they are now", () => {
    const { functions } = program(spec, "first");
    const [main, sum] = functions;
    assert.ok(main && sum);
    const call = program(spec, "first").code.findIndex((byte, at) => at % 8 === 0 && byte === 0x85) / 8;
    assert.equal(call + 1 + immediate(program(spec, "first"), call), sum.slot);
  });

  it("pass functions as callbacks by address", () => {
    const callbacks = program(spec, "callbacks");
    assert.equal(names(callbacks), "callbacks visit leaf visit_global");
    const loads: number[] = [];
    for (let slot = 0; slot < callbacks.code.length / 8; slot++) {
      if (callbacks.code[slot * 8] !== 0x18) continue;
      if (callbacks.code[slot * 8 + 1]! >>> 4 === 4) loads.push(slot + 1 + immediate(callbacks, slot));
      slot++;
    }
    const start = (name: string) => callbacks.functions.find((each) => each.name === name)!.slot;
    assert.deepEqual(loads, [start("visit"), start("visit_global"), start("visit")]);
  });

  it("know the source line of every instruction, also of the functions behind", () => {
    const { lines } = program(spec, "first");
    const leaf = lines.find(({ text }) => text.startsWith("seen += x"));
    assert.ok(leaf?.file.endsWith("programs.bpf.c") && leaf.line > 0 && leaf.column > 0);
    assert.ok(
      lines.every(({ slot }, index) => index === 0 || slot > lines[index - 1]!.slot),
      "in ascending order",
    );
  });

  it("get the function that handles their exceptions, though nothing calls it", () => {
    assert.equal(names(program(read("exceptions"), "throws")), "throws on_exception report");
  });

  it("jump through tables that become maps of their own", () => {
    const tables = read("jump-table");
    assert.deepEqual(program(tables, "chooses").relocations, [
      { slot: 0, kind: "map-value", map: ".jumptables.chooses.0", offset: 0 },
    ]);
    const { type, valueSize, maxEntries, frozen, contents } = map(tables, ".jumptables.chooses.0");
    assert.deepEqual({ type, valueSize, maxEntries, frozen }, { type: "insn_array", valueSize: 16, maxEntries: 2, frozen: true });
    assert.ok(contents?.kind === "bytes");
    const view = new DataView(contents.bytes.buffer);
    assert.deepEqual([view.getUint32(0, true), view.getUint32(16, true)], [4, 6]);
  });
});

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

  it("of iproute2 as well, with pinning and inner maps", () => {
    const spec = read("iproute2");
    assert.equal(map(spec, "jumps").pinning, "name");
    assert.deepEqual([map(spec, "of_maps").inner?.type, map(spec, "of_maps").inner?.maxEntries], ["array", 1]);
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

  it("of an arena lie at its end", () => {
    const arena = read("arena");
    const { contents } = map(arena, "memory");
    assert.ok(contents?.kind === "bytes");
    assert.deepEqual([contents.offset, contents.bytes[0]], [9 * 4096, 11]);
    assert.deepEqual(
      arena.globals?.map(({ name, offset }) => [name, offset]),
      [
        ["shared", 9 * 4096],
        ["numbers", 9 * 4096 + 8],
      ],
    );
    assert.ok(program(arena, "uses").relocations.every(({ map: name, offset }) => name === "memory" && offset >= 9 * 4096));
  });
});

describe("externs", () => {
  const spec = read("externs");

  it("of the kernel's configuration are in a map, the widest first", () => {
    const configs = spec.externs?.flatMap((extern) =>
      extern.kind === "kconfig" ? [[extern.name, extern.value, extern.offset, extern.size]] : [],
    );
    assert.deepEqual(configs, [
      ["CONFIG_MISSING_LONG", "int", 0, 8],
      ["CONFIG_HZ", "int", 8, 4],
      ["CONFIG_IPV6", "tristate", 12, 4],
      ["LINUX_KERNEL_VERSION", "int", 16, 4],
      ["CONFIG_BPF_SYSCALL", "bool", 20, 1],
      ["CONFIG_MISSING_CHAR", "char", 21, 1],
      ["CONFIG_LOCALVERSION", "string", 22, 16],
    ]);
    assert.equal(map(spec, "externs.kconfig").valueSize, 38);
  });

  it("of the kernel itself are functions, typed variables, and bare addresses", () => {
    const symbols = spec.externs?.flatMap((extern) =>
      extern.kind === "kconfig" ? [] : [[extern.kind, extern.name, extern.weak, extern.type > 0]],
    );
    assert.deepEqual(symbols, [
      ["ksym", "_text", false, false],
      ["kfunc", "bpf_no_such_kfunc___v2", true, true],
      ["ksym", "bpf_prog_active_none", true, false],
      ["kfunc", "bpf_task_from_pid", false, true],
      ["kfunc", "bpf_task_release", true, true],
      ["ksym", "runqueues", false, true],
    ]);
  });

  it("are referred to by name", () => {
    const { externs = [], code: bytes } = program(spec, "uses");
    const call = externs.find(({ name }) => name === "bpf_task_from_pid");
    const address = externs.find(({ name }) => name === "runqueues");
    assert.ok(call?.kind === "call" && address?.kind === "address");
    assert.deepEqual([bytes[call.slot * 8], bytes[call.slot * 8 + 1]! >>> 4], [0x85, 2]);
    assert.deepEqual([bytes[address.slot * 8], bytes[address.slot * 8 + 1]! >>> 4], [0x18, 3]);
  });
});

describe("one object of several", () => {
  const spec = read("unlinked");

  it("lists what another must define", () => {
    assert.deepEqual(
      spec.externs?.map(({ kind, name }) => [kind, name]),
      [
        ["unlinked", "other_map"],
        ["unlinked", "shared"],
        ["unlinked", "other"],
      ],
    );
    assert.deepEqual(
      program(spec, "uses").externs?.map(({ kind, name }) => [kind, name]),
      [
        ["address", "other_map"],
        ["address", "shared"],
        ["call", "other"],
      ],
    );
  });

  it("finds its own map, static though it is", () => {
    assert.deepEqual(
      program(spec, "uses").relocations.map(({ map: name }) => name),
      ["own"],
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

describe("CO-RE relocations", () => {
  const spec = read("core");

  it("come with kind, type and path, also those of subprograms", () => {
    const { core = [], functions } = program(spec, "uses");
    const btf = openBtf(spec.types!);
    const kinds = new Set(core.map(({ kind }) => kind));
    assert.equal(kinds.size, 13, [...kinds].join(" "));
    const behind = core.filter(({ slot }) => slot >= functions[1]!.slot);
    assert.deepEqual(
      behind.map(({ kind, type, access }) => [kind, btf.name(type), access]),
      [["field_byte_offset", "task_struct", "0:1:2:1"]],
    );
  });
});

describe("an object for a big-endian machine", () => {
  for (const name of ["programs", "maps", "globals", "externs", "core", "legacy"]) {
    it(`says the same as one for a little-endian one: ${name}`, () => {
      const { byteOrder, ...big } = readObject(fixture(`${name}-big`), { name });
      assert.equal(byteOrder, "big");
      const little = readObject(fixture(name), { name });
      assert.deepEqual(
        big.programs.map(({ relocations, functions, externs }) => ({ relocations, functions, externs })),
        little.programs.map(({ relocations, functions, externs }) => ({ relocations, functions, externs })),
      );
      // Bit-fields are read in another way there.
      if (name !== "core") assert.deepEqual(big.programs, little.programs);
      assert.deepEqual(big.externs, little.externs);
      assert.deepEqual(
        big.maps.map((each) => ({ ...each, contents: null })),
        little.maps.map((each) => ({ ...each, contents: null })),
      );
      assert.deepEqual(big.types, little.types, "types are little-endian in a Spec");
    });
  }
});

describe("what compilers used to write", () => {
  it("no machine in the header: read, and noted", () => {
    const spec = readObject(buildElf({ sections: [one], symbols: [main], machine: 0 }));
    assert.equal(spec.programs.length, 1);
    assert.match(spec.notes?.[0] ?? "", /machine 0/);
  });

  it("functions without type or size, and labels among them", () => {
    const data = code([0xb7, 0, 0, 1], exit, [0xb7, 0, 0, 2], exit);
    const symbols = [
      { name: "one", section: "socket" },
      { name: "LBB0_1", section: "socket", binding: 0, value: 8 },
      { name: "two", section: "socket", value: 16 },
    ];
    const spec = readObject(buildElf({ sections: [{ ...one, data }], symbols }));
    assert.deepEqual(
      spec.programs.map(({ name, code: { length } }) => [name, length]),
      [
        ["one", 16],
        ["two", 16],
      ],
    );
  });

  it("maps with words that nobody knows: without them, and noted", () => {
    const words = new Uint8Array(Uint32Array.of(1, 4, 4, 1, 0, 99).buffer);
    const bytes = buildElf({
      sections: [one, { name: "maps", flags: 3, data: words }],
      symbols: [main, { name: "m", section: "maps", type: 1, size: 24 }],
    });
    const { maps, notes = [] } = readObject(bytes);
    assert.equal(maps[0]?.type, "hash");
    assert.match(notes[0] ?? "", /map "m" in section "maps": what follows the first 20 bytes/);
  });

  it("section numbers beyond 16 bits: counted in the first section header", () => {
    const bytes = buildElf({ sections: [one], symbols: [main] });
    const view = new DataView(bytes.buffer);
    const table = Number(view.getBigUint64(40, true));
    view.setBigUint64(table + 32, BigInt(view.getUint16(60, true)), true);
    view.setUint32(table + 40, view.getUint16(62, true), true);
    view.setUint16(60, 0, true);
    view.setUint16(62, 0xffff, true);
    assert.equal(readObject(bytes).programs[0]?.name, "main");
  });
});

describe("what is no object, or a bad one", () => {
  function refused(bytes: Uint8Array, rule: ObjectError["rule"], message: RegExp): void {
    assert.throws(
      () => readObject(bytes),
      (error) =>
        error instanceof ObjectError && error.rule === rule && message.test(error.message) && !error.message.includes("\n"),
    );
  }

  it("is refused in one line that says what is wrong and where", () => {
    refused(new Uint8Array(), "not-an-object", /expected an ELF object file/);
    refused(new TextEncoder().encode("#!/bin/sh\n"), "not-an-object", /expected an ELF object file/);
    refused(buildElf({ sections: [one], machine: 62 }), "not-an-object", /found machine 62; build it with -target bpf/);
    refused(fixture("maps").subarray(0, 4000), "bounds", /cut off/);
  });

  it("a call of nothing", () => {
    const bytes = buildElf({ sections: [{ ...one, data: code([0x85, 0x10, 0, 40], exit) }], symbols: [main] });
    refused(bytes, "relocation", /section "socket", byte 0: expected a call of a function, found one to instruction 41/);
  });

  it("a function beyond its section", () => {
    refused(
      buildElf({ sections: [one], symbols: [{ ...main, size: 24 }] }),
      "function",
      /symbol "main": expected a function within 16 bytes/,
    );
  });

  it("a reference into a section that is nothing to programs", () => {
    const bytes = buildElf({
      sections: [
        { ...one, data: code([0x18, 0x01, 0, 0], [0, 0, 0, 0], exit) },
        { name: "mine", flags: 3, data: new Uint8Array(8) },
      ],
      symbols: [
        { ...main, size: 24 },
        { name: "x", section: "mine", type: 1, size: 8 },
      ],
      relocations: [{ section: "socket", offset: 0, symbol: "x" }],
    });
    refused(bytes, "relocation", /symbol "x", byte 0: .*found something in section "mine"/);
  });

  it("maps without types", () => {
    const bytes = buildElf({ sections: [one, { name: ".maps", flags: 3, data: new Uint8Array(32) }], symbols: [main] });
    refused(bytes, "map", /section ".maps": expected the types of the maps, found none; compile with -g/);
  });

  it("one that would grow without measure", () => {
    // 20,000 programs that each carry the same 60,000 instructions: 9 GB out of 2 MB.
    const programs = 20_000;
    const text = new Uint8Array(60_000 * 8);
    const data = new Uint8Array(programs * 16);
    for (let at = 0; at < programs; at++) data.set(code([0x85, 0x10, 0, -1], exit), at * 16);
    const bytes = buildElf({
      sections: [
        { name: ".text", flags: CODE, data: text },
        { ...one, data },
      ],
      symbols: [
        { name: "shared", section: ".text", type: 2, size: text.length },
        ...Array.from({ length: programs }, (_, at) => ({
          name: `p${at}`,
          section: "socket",
          type: 2,
          value: at * 16,
          size: 16,
        })),
      ],
      relocations: Array.from({ length: programs }, (_, at) => ({
        section: "socket",
        offset: at * 16,
        symbol: "shared",
        type: 10,
      })),
    });
    refused(bytes, "too-large", /expected at most \d+ bytes to come of this file/);
  });

  it("but not one whose functions call each other in a long chain, or in circles", () => {
    const length = 50_000;
    const data = new Uint8Array(length * 16);
    for (let at = 0; at < length; at++) data.set(code([0x85, 0x10, 0, at === length - 1 ? -2 * length + 1 : 1], exit), at * 16);
    const bytes = buildElf({
      sections: [
        { name: ".text", flags: CODE, data },
        { ...one, data: code([0x85, 0x10, 0, -1], exit) },
      ],
      symbols: [
        main,
        ...Array.from({ length }, (_, at) => ({ name: `f${at}`, section: ".text", type: 2, value: at * 16, size: 16 })),
      ],
      relocations: [{ section: "socket", offset: 0, symbol: "f0", type: 10 }],
    });
    assert.equal(readObject(bytes).programs[0]?.functions.length, length + 1);
  });
});
