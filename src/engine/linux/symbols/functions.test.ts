/** Functions by name, in files made here: with symbols and without, of Go, with symbols in another file, of several versions. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { fakeFacts } from "../fixtures/fake-kernel.ts";
import { type ElfPart, elfFile, usdtNote } from "./fixtures/elf-file.ts";
import { probeTarget, probeTargets } from "./probe-target.ts";
import { usdtTarget } from "./usdt-target.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-symbols-"));
after(() => rmSync(folder, { recursive: true }));

/** Loaded at 0x10000: an address's lower half is its place in the file. */
const AT = 0x10000;
const SYMBOLS = 2;
const DYNAMIC = 11;

function write(name: string, parts: readonly ElfPart[]): string {
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, elfFile(parts, { loadedAt: AT }));
  return path;
}

interface Symbol {
  readonly name: string;
  readonly at: number;
  readonly local?: boolean;
}

/** A table of functions and its names. */
function symbols(section: ".symtab" | ".dynsym", list: readonly Symbol[]): readonly ElfPart[] {
  const names = `\0${list.map(({ name }) => name).join("\0")}\0`;
  const bytes = new Uint8Array((list.length + 1) * 24);
  const view = new DataView(bytes.buffer);
  for (const [index, { name, at, local = false }] of list.entries()) {
    const start = (index + 1) * 24;
    view.setUint32(start, names.indexOf(`\0${name}\0`) + 1, true);
    bytes[start + 4] = (local ? 0 : 16) | 2;
    view.setUint16(start + 6, 1, true);
    view.setBigUint64(start + 8, BigInt(AT + at), true);
    view.setBigUint64(start + 16, 16n, true);
  }
  const strings = section === ".symtab" ? ".strtab" : ".dynstr";
  const type = section === ".symtab" ? SYMBOLS : DYNAMIC;
  return [
    { name: strings, type: 3, bytes: new TextEncoder().encode(names) },
    { name: section, type, bytes, link: strings, entrySize: 24 },
  ];
}

const target = (event: string) => probeTarget(fakeFacts(), "mine", { event, library: undefined, pid: undefined });
const offset = (event: string) => target(event).offset;

describe("a function", () => {
  const plain = write(
    "plain",
    symbols(".symtab", [
      { name: "work", at: 0x40, local: true },
      { name: "work", at: 0x48 },
      { name: "rest", at: 0x50, local: true },
    ]),
  );

  test("by its name: of several, the one that other files see", () => {
    assert.equal(offset(`${plain}:work`), 0x48);
    assert.equal(offset(`${plain}:rest`), 0x50);
    assert.equal(offset(`${plain}:work+0x4`), 0x4c);
    assert.equal(offset(`${plain}:0x1234`), 0x1234);
  });

  test("that is not there: the one that was meant", () => {
    assert.throws(() => target(`${plain}:wrok`), { name: "AttachError", message: /has no function wrok: did you mean work\?/ });
    assert.throws(() => target(`${write("empty", [])}:work`), { message: /its symbols may be stripped; name an offset/ });
  });

  test("of several versions: the one that is asked for, else the one that programs get now", () => {
    const dynamic = symbols(".dynsym", [
      { name: "copy", at: 0x40 },
      { name: "copy", at: 0x48 },
    ]);
    // Versions of the places: none for the first symbol; OLD, hidden; NEW.
    const places = new Uint8Array(new Uint16Array([0, 0x8002, 3]).buffer);
    const names = new TextEncoder().encode("\0OLD\0NEW\0");
    const definitions = new Uint8Array(2 * 28);
    const view = new DataView(definitions.buffer);
    for (const [index, text] of [1, 5].entries()) {
      const at = index * 28;
      view.setUint16(at + 4, index + 2, true);
      view.setUint32(at + 12, 20, true);
      view.setUint32(at + 16, index === 0 ? 28 : 0, true);
      view.setUint32(at + 20, text, true);
    }
    const path = write("versions", [
      ...dynamic,
      { name: ".gnu.version", type: 0x6fff_ffff, bytes: places },
      { name: ".names", type: 3, bytes: names },
      { name: ".gnu.version_d", type: 0x6fff_fffd, bytes: definitions, link: ".names" },
    ]);
    assert.equal(offset(`${path}:copy`), 0x48);
    assert.equal(offset(`${path}:copy@OLD`), 0x40);
    assert.equal(offset(`${path}:copy@@NEW`), 0x48);
    assert.throws(() => target(`${path}:copy@LATER`), { message: /has no function copy@LATER/ });
  });

  test("of a stripped file, whose symbols are in another one beside it", () => {
    const debug = elfFile(symbols(".symtab", [{ name: "inner", at: 0x60 }]), { loadedAt: AT });
    writeFileSync(join(folder, "app.debug"), debug);
    const link = (checksum: number) => {
      const bytes = new Uint8Array(16);
      bytes.set(new TextEncoder().encode("app.debug"));
      new DataView(bytes.buffer).setUint32(12, checksum, true);
      return bytes;
    };
    const path = write("app", [{ name: ".gnu_debuglink", bytes: link(crc32(debug)) }]);
    assert.equal(offset(`${path}:inner`), 0x60);
    assert.deepEqual(
      probeTargets(fakeFacts(), "mine", { event: `${path}:inn*`, library: undefined, pid: undefined }).map((each) => each.offset),
      [0x60],
    );
    const other = write("other", [{ name: ".gnu_debuglink", bytes: link(crc32(debug) ^ 1) }]);
    assert.throws(() => target(`${other}:inner`), { name: "AttachError" }, "a file of another build says nothing");
  });
});

/** Go's table of functions, as its versions write it. */
function goTable(version: 2 | 16 | 18 | 20, functions: readonly Symbol[], start = AT): Uint8Array {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  const magic = { 2: 0xffff_fffb, 16: 0xffff_fffa, 18: 0xffff_fff0, 20: 0xffff_fff1 }[version];
  view.setUint32(0, magic, true);
  view.setUint8(6, 1);
  view.setUint8(7, 8);
  const word = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  word(8, functions.length);
  const [names, table] = [512, version === 2 ? 16 : 128];
  if (version === 16) {
    word(24, names);
    word(56, table);
  } else if (version !== 2) {
    word(24, start);
    word(32, names);
    word(64, table);
  }
  const narrow = version >= 18;
  // The last entry is where the last function ends.
  for (const [index, { name = "", at }] of [...functions, { name: "", at: 0x200 }].entries()) {
    const entry = table + index * (narrow ? 8 : 16);
    const description = 256 + index * 32;
    const relative = description - (version === 2 ? 0 : table);
    if (narrow) {
      view.setUint32(entry, at, true);
      view.setUint32(entry + 4, relative, true);
    } else {
      word(entry, AT + at);
      word(entry + 8, relative);
    }
    const nameAt = index * 32;
    view.setUint32(description + (narrow ? 4 : 8), nameAt + (version === 2 ? names : 0), true);
    bytes.set(new TextEncoder().encode(name), names + nameAt);
  }
  return bytes;
}

describe("a function of Go", () => {
  const functions = [
    { name: "main.main", at: 0x40 },
    { name: "net/http.(*conn).serve", at: 0x80 },
  ];
  for (const version of [2, 16, 18, 20] as const) {
    test(`in a table of Go 1.${version}`, () => {
      const path = write(`go${version}`, [{ name: ".gopclntab", bytes: goTable(version, functions) }]);
      assert.equal(offset(`${path}:main.main`), 0x40);
      assert.equal(offset(`${path}:net/http.(*conn).serve`), 0x80);
      assert.equal(offset(`${path}:main.main+8`), 0x48);
      assert.throws(() => target(`${path}:main.mian`), { message: /did you mean main\.main\?/ });
    });
  }

  test("in a table that does not say where the code begins, as since Go 1.26", () => {
    const path = write("go26", [
      { name: ".text", address: AT, bytes: new Uint8Array(8) },
      { name: ".data.rel.ro.gopclntab", bytes: goTable(20, functions, 0) },
    ]);
    assert.equal(offset(`${path}:main.main`), 0x40);
  });

  test("of a table that is cut off, or of a Go that is not known: nothing", () => {
    const many = goTable(18, functions);
    new DataView(many.buffer).setBigUint64(8, 1n << 40n, true);
    for (const [name, bytes] of [
      ["short", goTable(20, functions).subarray(0, 100)],
      ["unknown", new Uint8Array(100).fill(1)],
      ["many", many],
    ] as const) {
      const path = write(name, [{ name: ".gopclntab", bytes: bytes.slice() }]);
      assert.throws(() => target(`${path}:main.nothing`), { name: "AttachError" });
    }
  });
});

test("a damaged file is an AttachError, or says something else than it should; it never hangs, and takes no memory", () => {
  const whole = elfFile(
    [
      ...symbols(".dynsym", [
        { name: "work", at: 0x40 },
        { name: "rest", at: 0x50 },
      ]),
      { name: ".gopclntab", bytes: goTable(20, [{ name: "main.main", at: 0x40 }]) },
      { name: ".note.stapsdt", type: 7, bytes: usdtNote("app", "probe", "8@%rax", { address: AT + 0x48 }) },
      { name: ".gnu.version", type: 0x6fff_ffff, bytes: new Uint8Array(6) },
      { name: ".gnu_debuglink", bytes: new TextEncoder().encode("x.debug\0\0\0\0\0") },
    ],
    { loadedAt: AT },
  );
  const path = join(folder, "damaged");
  const ask = (use: () => unknown): void => {
    try {
      use();
    } catch (error) {
      if ((error as Error).name !== "AttachError") throw error;
    }
  };
  const byte = fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  fc.assert(
    fc.property(fc.array(byte, { minLength: 1, maxLength: 12 }), fc.nat(whole.length), (changes, cut) => {
      const bytes = whole.slice(0, cut < 64 ? whole.length : cut);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      writeFileSync(path, bytes);
      ask(() => target(`${path}:work`));
      ask(() => target(`${path}:main.main`));
      ask(() => usdtTarget(fakeFacts(), "mine", { event: `${path}:app:probe`, library: undefined, pid: undefined }));
    }),
    { numRuns: 300 },
  );
});
