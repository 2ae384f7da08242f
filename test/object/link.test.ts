/**
 * Linking: what one makes of several objects, beside `bpftool gen object` (libbpf's linker), and where libbpf 1.8's goes
 * wrong (sched-ext/scx PR 3820). `link/fixtures/` has the sources.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "node:test";
import { openBtf } from "../../src/btf/btf.ts";
import { BtfError } from "../../src/btf/errors.ts";
import { describeAccess, parseAccess } from "../../src/object/core/access.ts";
import { CoreTypes } from "../../src/object/core/types.ts";
import { openElf } from "../../src/object/elf.ts";
import { ObjectError } from "../../src/object/errors.ts";
import { LinkError } from "../../src/object/link/errors.ts";
import { link } from "../../src/object/link/link.ts";
import { readObject } from "../../src/object/read.ts";
import type { MapSpec, Spec } from "../../src/object/spec.ts";
import { FIXTURES, fixturePath } from "./fixtures.ts";
import { ask, buildOracle, differences } from "./libbpf-oracle.ts";
import { loadWithBpftool, noKernel } from "./load-with-bpftool.ts";
import { mutate } from "./mutate.ts";

const FOLDER = join(import.meta.dirname, "link/fixtures");
const folder = mkdtempSync(join(tmpdir(), "skep-link-"));
after(() => rmSync(folder, { recursive: true }));

const oracle = buildOracle();
const noOracle = "missing" in oracle ? `needs ${oracle.missing}` : false;
const noBtf = existsSync("/sys/kernel/btf/vmlinux") ? false : "needs the types of a kernel (/sys/kernel/btf/vmlinux)";
const needs = (tool: string): string | false => (spawnSync(tool, ["--version"]).status === 0 ? false : `needs ${tool}`);

const object = (name: string): string => join(FOLDER, `${name}.o`);
const linked = (...paths: readonly string[]): Uint8Array =>
  link(paths.map((path) => ({ name: basename(path), bytes: readFileSync(path) })));
const read = (bytes: Uint8Array): Spec => readObject(bytes, { name: "linked" });

/** A Spec with types by name instead of by id: ids depend on who links. */
function byName(bytes: Uint8Array): unknown {
  const spec = read(bytes);
  const btf = spec.types === null ? null : openBtf(spec.types);
  const types = btf === null ? null : new CoreTypes(btf);
  const name = (id: number): string => (btf === null || id === 0 ? "" : `${btf.kind(id)} ${btf.name(id)}`);
  const map = (each: MapSpec): unknown => ({
    ...each,
    keyType: name(each.keyType),
    valueType: name(each.valueType),
    inner: each.inner === undefined ? null : map(each.inner),
    structOps: each.structOps === undefined ? null : { ...each.structOps, type: name(each.structOps.type) },
  });
  return {
    ...spec,
    types: null,
    maps: spec.maps.map(map),
    globals: spec.globals?.map((each) => ({ ...each, type: name(each.type) })),
    externs: spec.externs?.map((each) => ({ ...each, type: name(each.type) })),
    sections: spec.sections?.map((section) => ({
      ...section,
      variables: section.variables.map((each) => ({ ...each, type: name(each.type) })),
    })),
    programs: spec.programs.map((program) => ({
      ...program,
      functions: program.functions.map((each) => ({ ...each, type: name(each.type) })),
      core: program.core?.map((each) => ({
        slot: each.slot,
        kind: each.kind,
        subject: describeAccess(parseAccess(types!, each)),
      })),
    })),
  };
}

describe("link", () => {
  it("resolves functions, variables and maps of one object in the other", () => {
    const { programs, externs, maps } = read(linked(object("main"), object("library")));
    assert.deepEqual(
      programs.map(({ name, functions }) => `${name}: ${functions.map((each) => each.name).join(" ")}`),
      [
        // Two static functions of one name are two.
        "first: first visit same_name library_call visit same_name overridden",
        "pid_of: pid_of",
        "second: second library_call visit same_name kept_inside",
        "third: third",
      ],
    );
    assert.deepEqual(
      externs?.map(({ kind, name }) => `${kind} ${name}`),
      ["kconfig CONFIG_HZ", "kconfig LINUX_KERNEL_VERSION", "kfunc bpf_rcu_read_lock", "ksym runqueues"],
    );
    assert.deepEqual(
      maps.filter(({ section }) => section === ".maps").map(({ name }) => name),
      ["own", "counts"],
    );
  });

  it("takes the strong definition of a weak name, in whatever order", () => {
    for (const order of [
      ["main", "library"],
      ["library", "main"],
    ] as const) {
      const { programs } = read(linked(...order.map(object)));
      const first = programs.find(({ name }) => name === "first")!;
      const start = first.functions.find(({ name }) => name === "overridden")!.slot;
      // The library's adds 2, main's adds 1.
      const body = Buffer.from(first.code.buffer, first.code.byteOffset + start * 8);
      assert.ok(
        [0, 8, 16].some((at) => body[at] === 0x04 && body.readInt32LE(at + 4) === 2),
        order.join(),
      );
    }
  });

  it("leaves what nobody defines undefined, to be linked again", () => {
    const part = linked(object("main"));
    const whole = link([
      { name: "part.o", bytes: part },
      { name: "library.o", bytes: readFileSync(object("library")) },
    ]);
    assert.deepEqual(byName(whole), byName(linked(object("main"), object("library"))));
  });

  it("the same inputs give the same bytes", () => {
    assert.deepEqual(linked(object("main"), object("library")), linked(object("main"), object("library")));
  });

  it("one object alone stays what it was", () => {
    for (const path of [...Object.keys(FIXTURES).map(fixturePath), ...globSync("/usr/lib/*/bpf/*.o")]) {
      // `unlinked` has an extern map and no other; a static link has nothing to add.
      assert.deepEqual(byName(linked(path)), byName(readFileSync(path)), basename(path));
    }
  });

  it("objects of big-endian machines", () => {
    const big = read(linked(object("main-big"), object("library-big")));
    const little = read(linked(object("main"), object("library")));
    assert.equal(big.byteOrder, "big");
    const shape = ({ programs }: Spec): unknown =>
      programs.map(({ name, code, functions }) => ({ name, size: code.length, functions: functions.map((each) => each.name) }));
    assert.deepEqual(shape(big), shape(little));
  });
});

describe("variables of an arena that another object defines", () => {
  it("stay undefined symbols while nobody defines them", () => {
    const elf = openElf(linked(object("arena-user")));
    const places = new Map(
      Array.from({ length: elf.symbols.count }, (_, symbol) => [elf.symbols.name(symbol), elf.symbols.section[symbol]]),
    );
    assert.equal(places.get("far_away"), 0);
    assert.equal(places.get("further"), 0);
    assert.notEqual(places.get("near"), 0);
    const again = link([
      { name: "part.o", bytes: linked(object("arena-user")) },
      { name: "owner.o", bytes: readFileSync(object("arena-owner")) },
    ]);
    assert.deepEqual(again, linked(object("arena-user"), object("arena-owner")));
  });

  it("are in the types where they are in the section, whoever comes first", () => {
    for (const order of [
      ["arena-user", "arena-owner"],
      ["arena-owner", "arena-user"],
    ] as const) {
      const { globals, maps } = read(linked(...order.map(object)));
      const base = maps[0]?.contents?.kind === "bytes" ? (maps[0].contents.offset ?? 0) : 0;
      const bytes = maps[0]?.contents?.kind === "bytes" ? maps[0].contents.bytes : new Uint8Array();
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const at = (name: string): number => globals!.find((each) => each.name === name)!.offset - base;
      assert.equal(globals?.length, 4);
      assert.equal(view.getUint32(at("far_away"), true), 11);
      assert.equal(view.getUint32(at("further") + 4, true), 8);
      assert.equal(view.getUint32(at("near"), true), 5);
      assert.equal(view.getUint32(at("first_of_all"), true), 1);
    }
  });
});

describe("beside libbpf's linker", { skip: needs("bpftool") }, () => {
  const theirs = (...names: readonly string[]): Uint8Array => {
    const path = join(folder, "theirs.o");
    const { status, stderr } = spawnSync("bpftool", ["gen", "object", path, ...names.map(object)], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return readFileSync(path);
  };

  it("the same Spec", () => {
    assert.deepEqual(byName(linked(object("library"), object("main"))), byName(theirs("library", "main")));
  });

  it("one object alone, the same Spec", () => {
    // Not `main`: libbpf takes its extern map for the first map of the section.
    assert.deepEqual(byName(linked(object("library"))), byName(theirs("library")));
  });

  it("libbpf takes what we link, also where it would have gone wrong itself", { skip: noOracle || noBtf }, () => {
    assert.ok("path" in oracle);
    for (const order of [
      ["library", "main"],
      ["main", "library"],
    ] as const) {
      const path = join(folder, "linked.o");
      writeFileSync(path, linked(...order.map(object)));
      const answer = ask(oracle.path, path, "CONFIG_HZ=250\n");
      assert.deepEqual(answer.lines.at(-1), { kind: "done", error: 0 }, answer.log);
      assert.deepEqual(differences(readObject(readFileSync(path), { name: "linked.o" }), answer), []);
    }
  });

  it("bpftool and the kernel take it", { skip: noKernel() }, () => {
    const path = join(folder, "loaded.o");
    writeFileSync(path, linked(object("front"), object("back")));
    loadWithBpftool(path);
  });

  it("llvm-readelf finds nothing to warn about", { skip: needs("llvm-readelf-19") }, () => {
    const path = join(folder, "checked.o");
    writeFileSync(path, linked(object("main"), object("library")));
    const { status, stderr } = spawnSync("llvm-readelf-19", ["-a", path], { encoding: "utf8" });
    assert.equal(status, 0);
    assert.doesNotMatch(stderr, /warning|error/);
  });
});

describe("objects that contradict each other", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["conflict-1", /^library\.o and conflict-1\.o, symbol "total": expected one definition, found one in each/],
    ["conflict-2", /symbol "total": expected the same declaration in both, found int unsigned long long and pointer/],
    ["conflict-3", /symbol "counts": expected the same declaration in both, found maxEntries 100 and 101/],
    ["conflict-4", /symbol "library_call": .* found a function of 2 parameters and one of 1/],
    ["conflict-5", /section "license": expected one license of all objects, found "GPL" and "Apache-2.0"/],
    ["library-big", /expected objects of one byte order, found little and big/],
  ];
  for (const [name, message] of cases) {
    it(name, () => {
      assert.throws(
        () => linked(object("library"), object(name)),
        (error) => error instanceof LinkError && message.test(error.message) && error.files.length === 2,
      );
    });
  }

  it("nothing to link", () => {
    assert.throws(() => link([]), { name: "LinkError", rule: "inputs" });
  });
});

describe("damaged objects", () => {
  it("are linked or refused, never a crash", () => {
    const whole = readFileSync(object("library"));
    const original = new Uint8Array(readFileSync(object("main")));
    let refused = 0;
    for (let seed = 0; seed < 400; seed++) {
      try {
        link([
          { name: "damaged.o", bytes: mutate(original, seed) },
          { name: "library.o", bytes: whole },
        ]);
      } catch (error) {
        const expected = error instanceof LinkError || error instanceof ObjectError || error instanceof BtfError;
        assert.ok(expected, `seed ${seed}: ${error instanceof Error ? error.stack : error}`);
        assert.ok(!error.message.includes("\n"));
        refused++;
      }
    }
    assert.ok(refused > 50);
  });
});

describe("the committed objects", { skip: needs("clang-19") || needs("llvm-strip-19") }, () => {
  const sources = readdirSync(FOLDER).filter((name) => name.endsWith(".bpf.c") && name !== "conflicts.bpf.c");
  for (const source of sources) {
    it(`${source} compiles to what is committed`, () => {
      const name = source.replace(/\.bpf\.c$/, "");
      const built = join(folder, `${name}.o`);
      const cpu = name.startsWith("arena") ? "v4" : "v3";
      const flags = [
        "-target",
        "bpfel",
        `-mcpu=${cpu}`,
        "-g",
        "-O2",
        "-Wall",
        "-Werror",
        "-fdebug-compilation-dir=.",
        "-fno-ident",
      ];
      const compiled = spawnSync("clang-19", [...flags, "-c", source, "-o", built], { cwd: FOLDER, encoding: "utf8" });
      assert.equal(compiled.status, 0, compiled.stderr);
      assert.equal(spawnSync("llvm-strip-19", ["-g", built]).status, 0);
      assert.deepEqual(readFileSync(built), readFileSync(object(name)));
    });
  }
});
