/**
 * Objects that we write: read back they are the same Spec, and the tools of others take them for what they are (libbpf,
 * bpftool and the kernel behind it, llvm-objdump, llvm-readelf).
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "node:test";
import { openBtf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../../src/btf/builder.ts";
import { BtfError } from "../../src/btf/errors.ts";
import type { BtfType } from "../../src/btf/types.ts";
import { compile } from "../../src/compile.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import { readObject } from "../../src/object/read.ts";
import type { MapSpec, Spec } from "../../src/object/spec.ts";
import { WriteError } from "../../src/object/write/errors.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { FIXTURES, fixturePath } from "./fixtures.ts";
import { ask, buildOracle, differences } from "./libbpf-oracle.ts";
import { loadWithBpftool, noKernel } from "./load-with-bpftool.ts";
import { mutate } from "./mutate.ts";

const KCONFIG = "CONFIG_HZ=250\nCONFIG_BPF_SYSCALL=y\n";
const folder = mkdtempSync(join(tmpdir(), "skep-write-"));
after(() => rmSync(folder, { recursive: true }));

const oracle = buildOracle();
const noOracle = "missing" in oracle ? `needs ${oracle.missing}` : false;
const noBtf = existsSync("/sys/kernel/btf/vmlinux") ? false : "needs the types of a kernel (/sys/kernel/btf/vmlinux)";
const needs = (tool: string): string | false => (spawnSync(tool, ["--version"]).status === 0 ? false : `needs ${tool}`);

const paths = [
  ...Object.keys(FIXTURES).map(fixturePath),
  ...globSync(join(import.meta.dirname, "core/fixtures/*.bpf.o")),
  ...globSync("/usr/lib/*/bpf/*.o"),
];

/** Maps of the old kind are written as new ones; everything else must survive. */
const UPGRADED: ReadonlySet<string> = new Set(["legacy.o", "legacy-big.o", "iproute2.o"]);

function read(bytes: Uint8Array, path: string): Spec {
  return readObject(bytes, { name: basename(path) });
}

/** Types as data: the order of strings may differ. */
function typesOf({ types }: Spec): BtfType[] | null {
  if (types === null) return null;
  const btf = openBtf(types);
  return Array.from(btf.ids(), (id) => btf.type(id));
}

function written(path: string): string {
  const target = join(folder, basename(path));
  writeFileSync(target, writeObject(read(readFileSync(path), path)));
  return target;
}

describe("an object written and read again", () => {
  for (const path of paths) {
    it(basename(path), () => {
      const spec = read(readFileSync(path), path);
      const again = read(writeObject(spec), path);
      if (UPGRADED.has(basename(path))) {
        assert.deepEqual(again.programs, spec.programs);
        const upgraded = spec.maps.map((map) => (/(^|\/)maps/.test(map.section ?? "") ? { ...map, section: ".maps" } : map));
        const plain = again.maps.map(({ inner, ...map }) => map);
        assert.deepEqual(
          plain,
          upgraded.map(({ inner, ...map }) => map),
        );
        return;
      }
      assert.deepEqual({ ...again, types: null }, { ...spec, types: null });
      assert.deepEqual(typesOf(again), typesOf(spec));
      assert.deepEqual(read(writeObject(again), path), again, "a second time changes nothing at all");
    });
  }
});

/** What libbpf 1.1, which Debian 12 has, does not read: gaps of the oracle. */
const NEWER: Readonly<Record<string, string>> = {
  "arena.o": "variables in an arena came with libbpf 1.5",
  "exceptions.o": "exception callbacks came with libbpf 1.3",
  "jump-table.o": "jump tables came with libbpf 1.7",
  "struct-ops.o": ".struct_ops.link came with libbpf 1.2",
  "unlinked.o": "libbpf reads what is linked",
  "sections.o": "libbpf 1.1 knows fewer sections",
  "iproute2.o": "two maps have one name in the 15 bytes that the kernel keeps",
};

describe("what libbpf makes of it", { skip: noOracle || noBtf }, () => {
  for (const path of paths) {
    const name = basename(path);
    const skip = NEWER[name] ?? (name.endsWith("-big.o") ? "libbpf reads objects of its own byte order only" : false);
    it(name, { skip }, () => {
      assert.ok("path" in oracle);
      const object = written(path);
      const answer = ask(oracle.path, object, KCONFIG);
      assert.ok(!answer.lines.some(({ kind }) => kind === "refused"), answer.log);
      const spec = read(readFileSync(object), path);
      assert.deepEqual(differences(spec, answer), []);
    });
  }
});

describe("what LLVM makes of it", () => {
  it("llvm-objdump prints the same instructions", { skip: needs("llvm-objdump-19") }, () => {
    // Labels aside. Wide loads and calls hold what the relocation left in place, which need not be the same.
    const dump = (file: string): string[] =>
      run("llvm-objdump-19", ["-d", "--no-show-raw-insn", file])
        .split("\n")
        .filter((line) => /^\s+\d+:/.test(line) && !/ ll$|call/.test(line))
        .map((line) => line.replace(/ <.*>/, ""));
    // Other objects have functions that nobody calls, which no Spec holds, or sections in another order.
    for (const path of paths.filter((each) => /xdpfilt|reader|vmlinux/.test(each))) {
      assert.deepEqual(dump(written(path)), dump(path), basename(path));
    }
  });

  it("llvm-readelf finds nothing to warn about", { skip: needs("llvm-readelf-19") }, () => {
    for (const path of paths) {
      const { stderr, status } = spawnSync("llvm-readelf-19", ["-a", "--demangle", written(path)], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(stderr, /warning|error/, path);
    }
  });
});

describe("a Spec that no object file was before", () => {
  /** r0 = 2; exit: passes every packet. */
  const pass = Uint8Array.of(0xb7, 0, 0, 0, 2, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
  const bare: Spec = {
    name: "bare",
    license: "GPL",
    types: null,
    maps: [
      { name: "counts", type: "hash", keySize: 4, valueSize: 8, maxEntries: 100, flags: 1, keyType: 0, valueType: 0 },
      { name: "events", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096, flags: 0, keyType: 0, valueType: 0 },
      {
        name: ".data",
        type: "array",
        keySize: 4,
        valueSize: 8,
        maxEntries: 1,
        flags: 0,
        keyType: 0,
        valueType: 0,
        contents: { kind: "bytes", bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
      },
    ],
    programs: [
      {
        name: "pass",
        section: "xdp",
        type: "xdp",
        attachType: "xdp",
        code: Uint8Array.of(
          0x18,
          0x11,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0x18,
          0x21,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          ...pass,
        ),
        relocations: [
          { slot: 0, kind: "map", map: "counts", offset: 0 },
          { slot: 2, kind: "map-value", map: ".data", offset: 4 },
        ],
        functions: [{ slot: 0, name: "pass", type: 0 }],
        lines: [],
      },
    ],
  };

  it("gets the types that its maps need", () => {
    const spec = readObject(writeObject(bare), { name: "bare" });
    assert.deepEqual(
      spec.maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => ({
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
      })),
      [
        { name: "counts", type: "hash", keySize: 4, valueSize: 8, maxEntries: 100, flags: 1 },
        { name: "events", type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096, flags: 0 },
        { name: "bare.data", type: "array", keySize: 4, valueSize: 8, maxEntries: 1, flags: 0 },
      ],
    );
    assert.deepEqual(spec.programs[0]?.code, bare.programs[0]?.code);
    assert.deepEqual(spec.programs[0]?.relocations[1], { slot: 2, kind: "map-value", map: "bare.data", offset: 4 });
  });

  it("keeps its line information without any types", () => {
    const program = {
      ...bare.programs[0]!,
      relocations: [],
      lines: [{ slot: 0, file: "a.c", line: 7, column: 3, text: "x();" }],
    };
    const spec = readObject(writeObject({ ...bare, maps: [], programs: [{ ...program, code: pass }] }));
    assert.deepEqual(spec.programs[0]?.lines, program.lines);
  });

  it("gets a new definition for a map that was changed", () => {
    const spec = readObject(writeObject(bare), { name: "bare" });
    const larger = { ...spec, maps: spec.maps.map((map) => (map.name === "counts" ? { ...map, maxEntries: 500 } : map)) };
    assert.deepEqual(readObject(writeObject(larger), { name: "bare" }).maps, larger.maps);
  });

  it("is loaded by bpftool and the kernel", { skip: needs("bpftool") || noKernel() }, () => {
    const object = join(folder, "bare.o");
    writeFileSync(object, writeObject(bare));
    loadWithBpftool(object);
  });

  it("keeps variables by type and name", () => {
    const types = new BtfBuilder();
    const u32 = types.int("unsigned int", 4);
    types.int("int", 4, { signed: true });
    const spec: Spec = {
      ...bare,
      types: types.encode(),
      globals: [
        { name: "first", map: ".data", offset: 0, size: 4, type: u32, linkage: "global" },
        { name: "second", map: ".data", offset: 4, size: 4, type: u32, linkage: "static" },
      ],
    };
    const again = readObject(writeObject(spec), { name: "bare" });
    assert.deepEqual(
      again.globals?.map(({ name, offset, linkage }) => ({ name, offset, linkage })),
      [
        { name: "first", offset: 0, linkage: "global" },
        { name: "second", offset: 4, linkage: "static" },
      ],
    );
  });

  it("keeps sections that only tools read", { skip: noOracle || noBtf }, () => {
    const types = new BtfBuilder();
    const u32 = types.int("unsigned int", 4);
    types.int("int", 4, { signed: true });
    const variable = { name: "features", offset: 0, size: 4, type: u32, linkage: "global" } as const;
    const spec: Spec = {
      ...bare,
      types: types.encode(),
      // The variable has the section's name, as in xdp-filter.
      sections: [
        { name: "features", bytes: Uint8Array.of(1, 2, 3, 4), variables: [variable] },
        { name: ".config", bytes: Uint8Array.of(5), variables: [] },
      ],
    };
    const object = join(folder, "sections.o");
    writeFileSync(object, writeObject(spec));
    const again = readObject(readFileSync(object), { name: "bare" });
    assert.deepEqual(
      again.sections?.map(({ name, bytes }) => ({ name, bytes })),
      spec.sections?.map(({ name, bytes }) => ({ name, bytes })),
    );
    assert.deepEqual(
      again.sections?.[0]?.variables.map(({ name, size }) => ({ name, size })),
      [{ name: "features", size: 4 }],
    );
    assert.ok("path" in oracle);
    const answer = ask(oracle.path, object);
    assert.deepEqual(answer.lines.at(-1), { kind: "done", error: 0 }, answer.log);
    assert.throws(
      () => writeObject({ ...bare, sections: [{ name: ".maps", bytes: new Uint8Array(8), variables: [] }] }),
      /WriteError: expected a section that nothing else is in, found ".maps"/,
    );
  });

  it("that contradicts itself is refused, with the place", () => {
    const program = bare.programs[0]!;
    const wrong: readonly (readonly [Partial<typeof program>, RegExp])[] = [
      [
        { relocations: [{ slot: 0, kind: "map", map: "none", offset: 0 }] },
        /program "pass", map "none", instruction 0: expected a map/,
      ],
      [{ relocations: [{ slot: 2, kind: "map-value", map: "counts", offset: 0 }] }, /expected a map of variables/],
      [{ externs: [{ slot: 0, kind: "call", name: "nothing" }] }, /expected an extern "nothing"/],
      [{ section: "" }, /expected a section that says what the program is for/],
      [{ functions: [{ slot: 1, name: "pass", type: 0 }] }, /expected whole instructions, the program's own function first/],
      [
        { code: Uint8Array.of(0x85, 0x10, 0, 0, 7, 0, 0, 0, ...pass), relocations: [] },
        /expected a call of one of the program's functions/,
      ],
    ];
    for (const [change, message] of wrong) {
      assert.throws(
        () => writeObject({ ...bare, programs: [{ ...program, ...change }] }),
        (error) => error instanceof WriteError && message.test(error.message),
      );
    }
    assert.throws(() => writeObject({ ...bare, programs: [program, program] }), /expected programs of different names/);
  });
});

describe("what was read from a damaged object", () => {
  it("is written or refused, never a crash", () => {
    let refused = 0;
    for (const name of ["maps", "struct-ops", "globals-big", "externs"]) {
      const original = new Uint8Array(readFileSync(fixturePath(name)));
      for (let seed = 0; seed < 120; seed++) {
        let spec: Spec;
        try {
          spec = readObject(mutate(original, seed));
        } catch {
          continue;
        }
        try {
          writeObject(spec);
        } catch (error) {
          assert.ok(error instanceof WriteError || error instanceof BtfError, `${name}, seed ${seed}: ${error}`);
          refused++;
        }
      }
    }
    assert.ok(refused > 0);
  });
});

describe("what the compiler makes", () => {
  for (const path of globSync(join(import.meta.dirname, "../../examples/*.bpf.ts"))) {
    it(`${basename(path)} is an object that libbpf takes`, { skip: noOracle || noBtf }, async () => {
      assert.ok("path" in oracle);
      const spec = await compile(path);
      const object = join(folder, `${spec.name}.o`);
      writeFileSync(object, writeObject(spec));
      const again = readObject(readFileSync(object), { name: spec.name });
      assert.deepEqual(
        again.programs.map(({ name, section, code, lines }) => ({ name, section, code, lines })),
        spec.programs.map(({ name, section, code, lines }) => ({ name, section, code, lines })),
      );
      const shape = ({ type, keySize, valueSize, maxEntries }: MapSpec) => ({ type, keySize, valueSize, maxEntries });
      assert.deepEqual(again.maps.map(shape), spec.maps.map(shape));
      const answer = ask(oracle.path, object);
      assert.deepEqual(answer.lines.at(-1), { kind: "done", error: 0 }, answer.log);
      assert.deepEqual(differences(again, answer), []);
    });

    it(`${basename(path)} is an object that bpftool loads`, { skip: needs("bpftool") || noKernel() }, async () => {
      const object = join(folder, "compiled.o");
      writeFileSync(object, writeObject(await compile(path)));
      loadWithBpftool(object);
    });

    it(`llvm-objdump -S prints the TypeScript of ${basename(path)}`, { skip: needs("llvm-objdump-19") }, async () => {
      const object = join(folder, "printed.o");
      const spec = await compile(path);
      writeFileSync(object, writeObject(spec));
      const printed = new Set(
        run("llvm-objdump-19", ["-S", object])
          .split("\n")
          .filter((line) => line.startsWith("; "))
          .map((line) => line.slice(2).trim()),
      );
      const expected = new Set(spec.programs.flatMap(({ lines }) => lines.map(({ text }) => text.trim())));
      assert.deepEqual(printed, expected);
      for (const { file, line, text } of spec.programs.flatMap(({ lines }) => lines)) {
        assert.ok(readFileSync(file, "utf8").split("\n")[line - 1]?.includes(text.replace(/^…|…$/g, "")), `${file}:${line}`);
      }
    });
  }
});

describe("what records of buffers are", () => {
  const source = `import { perfEventArray, ringBuffer, userRingBuffer, type u32, type u64, xdp, XDP_PASS } from "skep/bpf";
interface Event { time: u64; pid: u32 }
interface Command { what: u32 }
export const events = ringBuffer<Event>({ maxEntries: 4096 });
export const numbers = ringBuffer<u64>({ maxEntries: 4096 });
export const commands = userRingBuffer<Command>({ maxEntries: 4096 });
export const samples = perfEventArray<Event>();
export const program = xdp((ctx) => {
  events.output({ time: 1, pid: 2 });
  numbers.output(5);
  samples.output(ctx, { time: 1, pid: 2 });
  return XDP_PASS;
});
`;
  const recordsOf = (spec: Spec): unknown => {
    const btf = openBtf(spec.types ?? assert.fail());
    return Object.fromEntries(
      spec.maps
        .filter(({ section }) => section !== ".bss")
        .map(({ name, valueType, valueSize }) => [name, [btf.name(btf.resolve(valueType)), valueSize]]),
    );
  };
  const spec = compileSource(source, { file: "records.bpf.ts" });
  const expected = { events: ["Event", 0], numbers: ["unsigned long long", 0], commands: ["Command", 0], samples: ["Event", 4] };

  it("survives being written, again and again", () => {
    assert.deepEqual(recordsOf(spec), expected);
    const once = read(writeObject(spec), "records");
    assert.deepEqual(recordsOf(once), expected);
    const twice = read(writeObject(once), "records");
    assert.deepEqual([recordsOf(twice), typesOf(twice)], [expected, typesOf(once)]);
    const events = once.maps.find(({ name }) => name === "events") ?? assert.fail();
    const commands = once.maps.find(({ name }) => name === "commands") ?? assert.fail();
    const other = { ...once, maps: once.maps.map((map) => (map === events ? { ...map, valueType: commands.valueType } : map)) };
    assert.deepEqual(recordsOf(read(writeObject(other), "records")), { ...expected, events: ["Command", 0] });
  });

  it("is a type that has a size, or nothing", () => {
    const types = new BtfBuilder();
    types.typedef("____record_events", 0);
    const events = { ...(spec.maps[0] ?? assert.fail()), valueType: 0 };
    const plain: Spec = { name: "plain", license: "GPL", types: types.encode(), maps: [events], programs: [] };
    assert.equal(read(writeObject(plain), "plain").maps[0]?.valueType, 0);
  });

  it("is nothing that libbpf minds", { skip: noOracle || noBtf }, () => {
    assert.ok("path" in oracle);
    const object = join(folder, "records.o");
    writeFileSync(object, writeObject(spec));
    const answer = ask(oracle.path, object);
    assert.deepEqual(answer.lines.at(-1), { kind: "done", error: 0 }, answer.log);
  });
});

function run(tool: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  return stdout;
}
