import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildElf, code } from "../../test/object/elf-builder.ts";
import { fixture } from "../../test/object/fixtures.ts";
import { exit, main, one } from "../../test/object/reading.ts";
import { readObject } from "./read.ts";

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

  it("sections that only tools read, as they are; tables of compilers and what holds addresses not", () => {
    const bytes = buildElf({
      sections: [
        one,
        { name: ".config", flags: 3, data: Uint8Array.of(1, 2, 3, 4) },
        { name: ".eh_frame", flags: 2, data: new Uint8Array(8) },
        { name: ".comment", flags: 0x30, data: new Uint8Array(8) },
        { name: "table", flags: 3, data: new Uint8Array(8) },
      ],
      symbols: [main, { name: "limit", section: ".config", type: 1, value: 2, size: 2 }],
      relocations: [{ section: "table", offset: 0, symbol: "main", type: 2 }],
    });
    assert.deepEqual(readObject(bytes).sections, [
      {
        name: ".config",
        bytes: Uint8Array.of(1, 2, 3, 4),
        variables: [{ name: "limit", offset: 2, size: 2, type: 0, linkage: "global" }],
      },
    ]);
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
