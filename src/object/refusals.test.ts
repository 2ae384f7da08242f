import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildElf, CODE, code } from "../../test/object/elf-builder.ts";
import { fixture } from "../../test/object/fixtures.ts";
import { exit, main, one } from "../../test/object/reading.ts";
import { BtfBuilder } from "../btf/builder.ts";
import { ObjectError } from "./errors.ts";
import { readObject } from "./read.ts";

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
    // Without a size it would end where the section does: before it starts.
    refused(
      buildElf({ sections: [one], symbols: [{ ...main, value: 64, size: 0 }] }),
      "function",
      /symbol "main": expected whole instructions of 8 bytes, found -48 bytes from 64/,
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

  it("one whose types share a name of a megabyte", () => {
    const btf = new BtfBuilder();
    const int = btf.int("int", 4);
    const name = "x".repeat(1 << 20);
    const members = Array.from({ length: 1000 }, (_, index) => ({ name, type: int, bitOffset: index * 32 }));
    const definition = btf.struct("definition", 4000, members);
    btf.section(".maps", 4000, [{ type: btf.variable("m", definition, "global"), offset: 0, size: 4000 }]);
    const bytes = buildElf({
      sections: [one, { name: ".maps", flags: 3, data: new Uint8Array(4000) }, { name: ".BTF", data: btf.encode() }],
      symbols: [main, { name: "m", section: ".maps", type: 1, size: 4000 }],
    });
    assert.throws(() => readObject(bytes), /BtfError: expected a name of at most 4096 bytes, found 1048576 \(type 2, byte \d+\)/);
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
