/** Programs of several files: what they share, where their faults are told, and where their files are found. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { compile } from "../../src/compile.ts";
import { CompileError, compileSource, type Diagnostic, renderDiagnostic } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { Spec } from "../../src/object/spec.ts";
import { counted } from "./program.ts";

type Files = Readonly<Record<string, string>>;

/** Compiles `main.bpf.ts` of some files in one folder. */
function build(files: Files): Spec {
  return compileSource(files["main.bpf.ts"] ?? "", {
    file: "main.bpf.ts",
    resolve: (specifier) => {
      const file = specifier.replace(/^\.\//, "");
      const text = files[file];
      return text === undefined ? null : { file, text };
    },
  });
}

function faults(files: Files): readonly Diagnostic[] {
  try {
    build(files);
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  return [];
}

async function verdict(spec: Spec, program = "main"): Promise<number | undefined> {
  const engine = await openEmbedded({ execution: "interpreter" });
  const { programs } = await engine.load(spec);
  return programs[program]?.run({ packet: counted() }).verdict;
}

const PROGRAM = 'import { xdp, XDP_PASS, XDP_DROP, type u32 } from "skep/bpf";\n';

describe("imports between files", () => {
  test("functions, types, enums, constants and maps", async () => {
    const spec = build({
      "parse.bpf.ts": `import { hash, type u32 } from "skep/bpf";
export interface Flow { source: u32; port: u32 }
export type Port = u32;
export enum Kind { Tcp = 6, Udp = 17 }
export const LIMIT = 3;
export const flows = hash<u32, Flow>({ maxEntries: 16 });
const hidden = 40;
export function remember(flow: Flow): u32 {
  flows.set(flow.port, flow);
  return flow.source + hidden;
}`,
      "main.bpf.ts": `${PROGRAM}import { flows, Kind, LIMIT, type Flow, type Port, remember as keep } from "./parse.bpf.ts";
const hidden = 1;
export const main = xdp(() => {
  const port: Port = Kind.Udp;
  const flow: Flow = { source: hidden, port };
  if (keep(flow) !== 41) return XDP_PASS;
  return flows.get(17)?.source === 1 && LIMIT === 3 ? XDP_DROP : XDP_PASS;
});`,
    });
    assert.deepEqual(
      spec.maps.map(({ name }) => name),
      ["flows"],
    );
    assert.equal(await verdict(spec), 1);
  });

  test("namespaces, of files and of the library", async () => {
    const spec = build({
      "net.bpf.ts": `import * as bpf from "skep/bpf";
export interface Pair { a: bpf.u32; b: bpf.u32 }
export const seen = bpf.array<bpf.u64>({ maxEntries: 1 });
export const STEP = 2;
export function sum(pair: Pair): bpf.u32 { return pair.a + pair.b; }`,
      "main.bpf.ts": `import * as bpf from "skep/bpf"; import * as net from "./net.bpf.ts";
import { Ethernet } from "skep/bpf/net";
export const main = bpf.xdp((ctx) => {
  const pair: net.Pair = { a: 1, b: net.STEP };
  net.seen.set(0, bpf.u64(net.sum(pair)));
  return net.seen.get(0) === 3 && ctx.packet.at(Ethernet, 0) !== null ? bpf.XDP_DROP : bpf.XDP_PASS;
});`,
    });
    assert.equal(await verdict(spec), 1);
  });

  test("re-exports, export lists and export *", async () => {
    const spec = build({
      "a.bpf.ts": `import { array, u32 } from "skep/bpf";
function twice(x: u32): u32 { return x * 2; }
const table = array<u32>({ maxEntries: 1 });
interface Box { value: u32 }
export { table, twice as double, type Box };`,
      "b.bpf.ts":
        'export { double } from "./a.bpf.ts"; export type { Box } from "./a.bpf.ts"; export { xdp as hook } from "skep/bpf";',
      "c.bpf.ts": 'export * from "./a.bpf.ts"; export * as inner from "./b.bpf.ts";',
      "main.bpf.ts": `import { XDP_PASS, XDP_DROP } from "skep/bpf"; import { double, type Box, hook } from "./b.bpf.ts";
import { table, inner } from "./c.bpf.ts";
export const main = hook(() => {
  const box: Box = { value: double(4) };
  table.set(0, inner.double(box.value));
  return table.get(0) === 16 ? XDP_DROP : XDP_PASS;
});`,
    });
    assert.equal(await verdict(spec), 1);
  });

  test("an imported function is a program's body; programs of imported files are part of the Spec", async () => {
    const spec = build({
      "other.bpf.ts": `${PROGRAM}import { type XdpContext } from "skep/bpf";
export const other = xdp(() => XDP_PASS);
export function handle(ctx: XdpContext): u32 { return ctx.packet.length > 10 ? XDP_DROP : XDP_PASS; }`,
      "main.bpf.ts": `import { xdp } from "skep/bpf"; import { handle } from "./other.bpf.ts"; export const main = xdp(handle);`,
    });
    assert.deepEqual(spec.programs.map(({ name }) => name).sort(), ["main", "other"]);
    assert.equal(await verdict(spec), 1);
    assert.equal(await verdict(spec, "other"), 2);
  });

  test("import type makes nothing part of the program, and types may go in a circle", () => {
    const spec = build({
      "shared.bpf.ts": `import { array, u32, xdp } from "skep/bpf"; import type { Outer } from "./main.bpf.ts";
export interface Inner { value: u32 }
export interface Both { outer: Outer }
export const unused = array<u32>({ maxEntries: 1 });`,
      "main.bpf.ts": `${PROGRAM}import type { Inner, Both } from "./shared.bpf.ts";
export interface Outer { inner: Inner }
export const main = xdp(() => { const b: Both = { outer: { inner: { value: 3 } } }; return b.outer.inner.value; });`,
    });
    assert.deepEqual(spec.maps, []);
  });

  test("lines say which file they are of", () => {
    const spec = build({
      "clock.bpf.ts":
        'import { bpf_ktime_get_ns, type u64 } from "skep/bpf";\nexport function now(): u64 {\n  return bpf_ktime_get_ns();\n}',
      "main.bpf.ts": `${PROGRAM}import { now } from "./clock.bpf.ts";\nexport const main = xdp(() => {\n  return now() === 5 ? XDP_DROP : XDP_PASS;\n});`,
    });
    const lines = spec.programs[0]?.lines.map(({ file, line, text }) => `${file}:${line} ${text}`);
    assert.ok(lines?.includes("clock.bpf.ts:3 return bpf_ktime_get_ns();"), lines?.join("\n"));
    assert.ok(lines?.includes("main.bpf.ts:4 return now() === 5 ? XDP_DROP : XDP_PASS;"), lines?.join("\n"));
  });
});

describe("refusals", () => {
  const row = (files: Files, code: string, place: string, text: RegExp) => {
    const found = faults(files);
    const told = found.map((d) => renderDiagnostic(d, { color: false })).join("\n");
    assert.equal(found.length, 1, told);
    assert.equal(found[0]?.code, code, told);
    assert.equal(`${found[0]?.file}:${found[0]?.line}`, place, told);
    assert.match(told, text);
  };
  const main = (text: string) => `${PROGRAM}${text}\nexport const main = xdp(() => XDP_PASS);`;

  test("a fault in an imported file is shown there", () => {
    row(
      {
        "a.bpf.ts": 'import { type u8 } from "skep/bpf";\nexport const x: u8 = 300;',
        "main.bpf.ts": main('import { x } from "./a.bpf.ts";'),
      },
      "SK2201",
      "a.bpf.ts:2",
      /2 \| export const x: u8 = 300;/,
    );
    row(
      { "a.bpf.ts": "\nexport const = 5;", "main.bpf.ts": main('import "./a.bpf.ts";') },
      "SK1001",
      "a.bpf.ts:2",
      /export const = 5/,
    );
  });

  test("what is not there, or not exported", () => {
    row({ "main.bpf.ts": main('import { x } from "./nowhere.bpf.ts";') }, "SK2005", "main.bpf.ts:2", /no such file/);
    const a = "export const limit = 1; const hidden = 2;";
    row({ "a.bpf.ts": a, "main.bpf.ts": main('import { limits } from "./a.bpf.ts";') }, "SK2006", "main.bpf.ts:2", /mean limit/);
    row(
      { "a.bpf.ts": a, "main.bpf.ts": main('import { hidden } from "./a.bpf.ts";') },
      "SK2006",
      "main.bpf.ts:2",
      /export before it/,
    );
    row(
      { "a.bpf.ts": a, "main.bpf.ts": main('import * as a from "./a.bpf.ts"; const y: u32 = a.limitt;') },
      "SK2006",
      "main.bpf.ts:2",
      /mean limit/,
    );
    row({ "a.bpf.ts": a, "main.bpf.ts": main('import a from "./a.bpf.ts";') }, "SK1101", "main.bpf.ts:2", /import \{ limit \}/);
    row(
      { "main.bpf.ts": 'import * as bpf from "skep/bpf";\nexport const main = bpf.xdp(() => bpf.XDP_PASSED);' },
      "SK2006",
      "main.bpf.ts:2",
      /mean XDP_PASS/,
    );
  });

  test("a circle of values, with the way round", () => {
    row(
      {
        "a.bpf.ts": 'import { b } from "./b.bpf.ts"; export const a = 1;',
        "b.bpf.ts": 'import { a } from "./a.bpf.ts"; export const b = 1;',
        "main.bpf.ts": main('import { a } from "./a.bpf.ts";'),
      },
      "SK2013",
      "b.bpf.ts:1",
      /a\.bpf\.ts → b\.bpf\.ts → a\.bpf\.ts/,
    );
    row(
      { "main.bpf.ts": main('import { main as self } from "./main.bpf.ts";') },
      "SK2013",
      "main.bpf.ts:2",
      /main\.bpf\.ts → main/,
    );
  });

  test("functions that call each other across files are recursive", () => {
    row(
      {
        "a.bpf.ts": 'import { type u32 } from "skep/bpf"; export function f(x: u32): u32 { return f(x); }',
        "main.bpf.ts": main('import { f } from "./a.bpf.ts";'),
      },
      "SK2011",
      "a.bpf.ts:1",
      /f → f/,
    );
  });

  test("one name for two maps, or for a map and a program", () => {
    row(
      {
        "a.bpf.ts": 'import { array, type u32 } from "skep/bpf"; export const hits = array<u32>({ maxEntries: 1 });',
        "main.bpf.ts": `${PROGRAM}import "./a.bpf.ts";\nexport const hits = xdp(() => XDP_PASS);`,
      },
      "SK2014",
      "main.bpf.ts:3",
      /a\.bpf\.ts/,
    );
  });

  test("a map is not exported under another name", () => {
    row(
      {
        "main.bpf.ts": `import { array, type u32, xdp } from "skep/bpf";\nconst hits = array<u32>({ maxEntries: 1 });\nexport { hits as counts };\nexport const main = xdp(() => 0);`,
      },
      "SK2015",
      "main.bpf.ts:2",
      /under its name/,
    );
  });
});

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-modules-"));
  after(() => rmSync(folder, { recursive: true }));
  const write = (files: Files) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  const value = (n: number) => `export const VALUE = ${n};`;

  test("beside the source, and in packages by their exports or by path", async () => {
    write({
      "node_modules/plain/verdict.bpf.ts": value(1),
      "node_modules/plain/package.json": "{}",
      "node_modules/@scope/made/src/verdict.bpf.ts": value(1),
      "node_modules/@scope/made/package.json": JSON.stringify({
        exports: {
          ".": { types: "./no.d.ts", bpf: "./src/verdict.bpf.ts" },
          "./deep/*": { node: "./no.js", bpf: "./src/*.bpf.ts" },
        },
      }),
      "app/src/verdict.bpf.ts": value(1),
      "app/src/main.bpf.ts": `import { xdp } from "skep/bpf";
import { VALUE as a } from "./verdict.bpf.ts";
import { VALUE as b } from "../src/verdict.bpf.js";
import { VALUE as c } from "plain/verdict.bpf.ts";
import { VALUE as d } from "@scope/made";
import { VALUE as e } from "@scope/made/deep/verdict";
export const main = xdp(() => a + b + c + d + e - 4);`,
    });
    const spec = await compile(join(folder, "app/src/main.bpf.ts"));
    assert.equal(await verdict(spec), 1);
  });

  test("a package that is not installed is said", async () => {
    write({ "lonely.bpf.ts": 'import { x } from "missing-package";' });
    await assert.rejects(compile(join(folder, "lonely.bpf.ts")), /missing-package/);
  });
});
