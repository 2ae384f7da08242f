/**
 * CO-RE against libbpf: the same objects, adapted to the same types, must end in the same instructions. Editions of a made-up
 * kernel are C files (`core/fixtures/kernel-*.c`); the running kernel and Debian's xdp-tools serve as real ones.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type Btf, openBtf } from "../../src/btf/btf.ts";
import { BtfError } from "../../src/btf/errors.ts";
import { CoreError } from "../../src/object/core/errors.ts";
import { checkRelocations, relocate } from "../../src/object/core/relocate.ts";
import { openElf } from "../../src/object/elf.ts";
import { readObject } from "../../src/object/read.ts";
import type { Spec } from "../../src/object/spec.ts";
import { ask, buildOracle, differences } from "./libbpf-oracle.ts";
import { random } from "./mutate.ts";

const FIXTURES = join(import.meta.dirname, "core/fixtures");
const VMLINUX = "/sys/kernel/btf/vmlinux";
const XDP_TOOLS = "/usr/lib/x86_64-linux-gnu/bpf";

const oracle = buildOracle();
const withoutOracle = "missing" in oracle ? `needs ${oracle.missing}` : false;
const withoutKernel = existsSync(VMLINUX) ? false : `needs ${VMLINUX}`;
const all = { programs: () => true };

const fixture = (name: string): string => join(FIXTURES, name);
const read = (path: string): Spec => readObject(readFileSync(path), { name: path });
const typesOf = (path: string): Btf => openBtf(openElf(readFileSync(path)).find(".BTF")!.bytes);

describe("relocate, beside libbpf", { skip: withoutOracle }, () => {
  const path = "path" in oracle ? oracle.path : "";

  for (const edition of ["same", "moved", "less", "widths"]) {
    it(`a kernel with everything ${edition}`, () => {
      const kernel = fixture(`kernel-${edition}.o`);
      const answer = ask(path, fixture("reader.bpf.o"), "", kernel);
      assert.deepEqual(answer.lines.at(-1), { kind: "done", error: 0 }, answer.log);
      const spec = read(fixture("reader.bpf.o"));
      assert.equal(answer.lines.filter(({ kind }) => kind === "program").length, spec.programs.length);
      assert.deepEqual(differences(relocate(spec, typesOf(kernel), all), answer), []);
    });
  }

  it("editions of one type that agree", () => {
    const kernel = fixture("kernel-twice.o");
    const answer = ask(path, fixture("agrees.bpf.o"), "", kernel);
    assert.deepEqual(differences(relocate(read(fixture("agrees.bpf.o")), typesOf(kernel), all), answer), []);
  });

  it("editions of one type that do not agree: both refuse", () => {
    const answer = ask(path, fixture("ambiguous.bpf.o"), "", fixture("kernel-twice.o"));
    assert.match(answer.log, /ambiguity/);
    assert.throws(() => relocate(read(fixture("ambiguous.bpf.o")), typesOf(fixture("kernel-twice.o"))), {
      name: "CoreError",
      rule: "ambiguous",
      program: "ambiguous",
      subject: "struct task.wide",
    });
  });

  it("the running kernel", { skip: withoutKernel }, () => {
    const answer = ask(path, fixture("vmlinux.bpf.o"));
    assert.deepEqual(answer.lines.at(-1), { kind: "done", error: 0 }, answer.log);
    const spec = relocate(read(fixture("vmlinux.bpf.o")), openBtf(readFileSync(VMLINUX)));
    assert.deepEqual(differences(spec, answer), []);
    assert.deepEqual(
      spec.programs.flatMap(({ poisoned = [] }) => poisoned.map(({ subject, reason }) => ({ subject, reason }))),
      [{ subject: "struct task_struct.never_existed", reason: "member" }],
    );
  });

  const xdpTools = existsSync(XDP_TOOLS) ? readdirSync(XDP_TOOLS).filter((name) => name.endsWith(".o")) : [];
  const withoutTools = xdpTools.length === 0 ? "needs Debian's xdp-tools" : false;
  it("what xdp-tools installs", { skip: withoutTools || withoutKernel }, () => {
    const kernel = openBtf(readFileSync(VMLINUX));
    for (const name of xdpTools) {
      const object = join(XDP_TOOLS, name);
      const answer = ask(path, object);
      if (answer.lines.some((line) => line.kind === "refused")) continue; // old map definitions, which libbpf gave up
      assert.deepEqual(differences(relocate(read(object), kernel, all), answer), [], name);
    }
  });
});

describe("relocate", () => {
  const reader = read(fixture("reader.bpf.o"));

  it("says what was poisoned, and why", () => {
    const { programs } = relocate(reader, typesOf(fixture("kernel-less.o")));
    const gone = programs.find(({ name }) => name === "gone")!;
    assert.equal(gone.core, undefined);
    assert.deepEqual(
      gone.poisoned?.map(({ kind, subject, reason }) => `${kind} of ${subject}: no such ${reason}`),
      [
        "field_byte_offset of struct task.gone: no such member",
        "field_byte_offset of struct task.gone: no such member",
        "field_byte_size of struct task.gone: no such member",
        "field_byte_offset of struct task___other.renamed: no such member",
        "field_byte_offset of struct missing.x: no such type",
      ],
    );
    const view = new DataView(gone.code.buffer, gone.code.byteOffset);
    assert.equal(view.getUint8(gone.poisoned![0]!.slot * 8), 0x85);
    assert.equal(view.getUint32(gone.poisoned![0]!.slot * 8 + 4, true), 0xbad2310);
  });

  it("a signed integer of another width cannot be read in place of the one that is meant", () => {
    const { programs } = relocate(reader, typesOf(fixture("kernel-widths.o")));
    const { poisoned } = programs.find(({ name }) => name === "signed_widths")!;
    assert.deepEqual(
      poisoned?.map(({ subject, reason }) => ({ subject, reason })),
      [{ subject: "struct task.signed_word", reason: "width" }],
    );
  });

  it("leaves the Spec that it was given alone, and one without relocations as it is", () => {
    const before = structuredClone(reader);
    const relocated = relocate(reader, typesOf(fixture("kernel-moved.o")));
    assert.deepEqual(reader, before);
    assert.equal(relocate({ ...reader, programs: [] }, []).programs.length, 0);
    const again = relocate(relocated, []);
    assert.equal(again, relocated);
  });

  it("leaves out programs that are not wanted", () => {
    const relocated = relocate(reader, typesOf(fixture("kernel-moved.o")));
    const optional = relocated.programs.find(({ name }) => name === "calls_shared_too")!;
    assert.ok((optional.core?.length ?? 0) > 0);
    assert.deepEqual(optional.code, reader.programs.find(({ name }) => name === "calls_shared_too")!.code);
  });

  it("needs types to adapt to", () => {
    assert.throws(() => relocate(reader, []), { name: "CoreError", rule: "types", program: "loads", slot: 0 });
  });
});

describe("checkRelocations", () => {
  it("reports every relocation, also those that fail", () => {
    const reports = checkRelocations(read(fixture("ambiguous.bpf.o")), typesOf(fixture("kernel-twice.o")), all);
    assert.deepEqual(
      reports.map(({ program, subject, result, after }) => ({ program, subject, result, after })),
      [
        { program: "ambiguous", subject: "struct task.wide", result: "failed", after: null },
        // `hidden` is in one edition only, which settles `wide`.
        { program: "narrowed", subject: "struct task___narrowed.hidden", result: "found", after: 28n },
        { program: "narrowed", subject: "struct task___narrowed.wide", result: "found", after: 16n },
      ],
    );
    assert.ok(reports[0]?.error instanceof CoreError);
  });

  it("tells what is absent from what is poisoned", () => {
    const reports = checkRelocations(read(fixture("reader.bpf.o")), typesOf(fixture("kernel-less.o")));
    const about = (subject: string) =>
      reports.filter((report) => report.subject === subject).map(({ kind, result, after }) => `${kind} ${result} ${after}`);
    assert.deepEqual(about("struct missing"), [
      "type_exists absent 0",
      "type_id_target absent 0",
      "type_exists absent 0",
      "type_size absent 0",
      "type_matches absent 0",
    ]);
    assert.deepEqual(about("enum color::BLUE"), ["enumval_exists absent 0", "enumval_value poisoned null"]);
  });
});

describe("damaged types of a kernel", () => {
  it("are adapted to or refused, never a crash", () => {
    const reader = read(fixture("reader.bpf.o"));
    const original = openElf(readFileSync(fixture("kernel-moved.o"))).find(".BTF")!.bytes;
    let failed = 0;
    for (let seed = 0; seed < 400; seed++) {
      let kernel: Btf;
      try {
        kernel = openBtf(damage(original, seed));
      } catch (error) {
        assert.ok(error instanceof BtfError);
        continue;
      }
      if (checkRelocations(reader, kernel, all).some(({ result }) => result === "failed")) failed++;
    }
    assert.ok(failed > 10);
  });
});

/** A few words of the records changed. */
function damage(original: Uint8Array, seed: number): Uint8Array {
  const bytes = new Uint8Array(original);
  const view = new DataView(bytes.buffer);
  const next = random(seed);
  for (let count = 1 + (next() % 6); count > 0; count--) {
    const at = 24 + (next() % ((bytes.length - 28) >> 2)) * 4;
    const value = [0, 1, next() % 128, next(), view.getUint32(at, true) + (next() % 9) - 4][next() % 5]!;
    view.setUint32(at, value, true);
  }
  return bytes;
}

describe("the committed objects", { skip: compiler() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-core-"));
  after(() => rmSync(folder, { recursive: true }));
  for (const source of readdirSync(FIXTURES).filter((name) => name.endsWith(".c"))) {
    it(`${source} compiles to what is committed`, () => {
      const object = source.replace(/\.c$/, ".o");
      const built = join(folder, object);
      const flags = ["-target", "bpf", "-mcpu=v3", "-g", "-O2", "-Wno-unused", "-fdebug-compilation-dir=."];
      const { status, stderr } = spawnSync("clang-19", [...flags, "-c", source, "-o", built], {
        cwd: FIXTURES,
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
      const fresh = openElf(readFileSync(built));
      const committed = openElf(readFileSync(fixture(object)));
      for (const section of committed.sections) {
        if (/^\.(strtab|symtab|rel)/.test(section.name) || section.index === 0) continue;
        assert.deepEqual(Buffer.from(fresh.find(section.name)!.bytes), Buffer.from(section.bytes), section.name);
      }
    });
  }
});

function compiler(): string | false {
  return spawnSync("clang-19", ["--version"]).status === 0 ? false : "needs clang-19";
}
