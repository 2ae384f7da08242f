/** `skep skeleton`: a typed module of any object, that `tsc` takes and that loads it. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open.ts";
import { readObject } from "../../src/object/read.ts";
import { skeletonModule } from "../../src/object/skeleton/module.ts";
import { readerObject } from "./fixtures.ts";
import { Folder, ROOT, skep } from "./skep.ts";

const TSCONFIG = {
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    paths: {
      skep: [join(ROOT, "src/index.ts")],
      "skep/bpf": [join(ROOT, "src/bpf/index.ts")],
      "skep/bpf/net": [join(ROOT, "src/bpf/net.ts")],
    },
  },
};

function project(folder: Folder): void {
  folder.file("package.json", '{"type":"module"}');
  folder.file("tsconfig.json", JSON.stringify(TSCONFIG));
  // At run time the same.
  const skepFolder = join(folder.path, "node_modules/skep");
  mkdirSync(skepFolder, { recursive: true });
  folder.file("node_modules/skep/package.json", '{"name":"skep","type":"module","exports":"./index.ts"}');
  symlinkSync(join(ROOT, "src/index.ts"), join(skepFolder, "index.ts"));
}

const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

const COUNTER = `import { array, hash, type u32, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
import { Ethernet, type MacAddress } from "skep/bpf/net";
interface Station { mac: MacAddress; frames: u32; }
export const stations = hash<u32, Station>({ maxEntries: 8 });
export const ports = array<u64>({ maxEntries: 4 });
export let seen: u64 = 0;
export const count = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  if (eth === null) return XDP_DROP;
  seen += 1;
  stations.set(7, { mac: eth.source, frames: 1 });
  return XDP_PASS;
});
`;

const USE = `
import type { Engine } from "skep";
import load from "./counter.skel.ts";
import type * as counter from "./counter.skel.ts";
export async function use(engine: Engine): Promise<unknown> {
  await using it = await load(engine);
  const { verdict } = it.programs.count.run({ packet: new Uint8Array([0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 9, 8, 0]) });
  const station = it.maps.stations.get(7);
  const mac: string | undefined = station?.mac;
  const frames: number | undefined = station?.frames;
  const seen: bigint = it.variables.seen.get();
  it.maps.ports.set(3, 5n);
  // @ts-expect-error there is no such map
  it.maps.nothing;
  // @ts-expect-error values are bigints
  it.maps.ports.set(3, 5);
  // @ts-expect-error it is a variable, not a map
  it.maps.seen;
  await using same = await engine.load<typeof counter>(it.spec, { programs: ["count"] });
  same.maps satisfies typeof it.maps;
  return { verdict, mac, frames, seen, port: it.maps.ports.get(3) };
}
`;

describe("skep skeleton", () => {
  const folder = new Folder();
  after(() => folder[Symbol.dispose]());

  before(async () => {
    project(folder);
    const source = folder.file("counter.bpf.ts", COUNTER);
    const object = join(folder.path, "counter.o");
    assert.equal((await skep(["compile", source, "-o", object])).status, 0);
    for (const [name, args] of [
      ["embedded", ["--embed"]],
      ["besides", []],
    ] as const) {
      const { status, stderr } = await skep(["skeleton", object, "-o", join(folder.path, `${name}.skel.ts`), ...args]);
      assert.equal(status, 0, stderr);
      folder.file(`use-${name}.ts`, USE.replaceAll("counter.skel.ts", `${name}.skel.ts`));
    }
    // Every object that the reader is tested on.
    const names = readdirSync(dirname(readerObject("maps")))
      .filter((name) => name.endsWith(".o"))
      .map((name) => name.slice(0, -2));
    for (const name of names) {
      const text = skeletonModule(readObject(readFileSync(readerObject(name)), { name }), { source: `${name}.o` });
      folder.file(`${name}.skel.ts`, text);
    }
    const uses = names.map(
      (name, at) =>
        `import type * as m${at} from "./${name}.skel.ts";\n(await engine.load<typeof m${at}>({} as never)).programs;\n`,
    );
    folder.file("all.ts", `import type { Engine } from "skep";\ndeclare const engine: Engine;\n${uses.join("")}`);
    // Names that TypeScript keeps for itself.
    const spec = readObject(readFileSync(readerObject("maps")), { name: "x" });
    const [map] = spec.maps;
    const [program] = spec.programs;
    assert.ok(map !== undefined && program !== undefined);
    const odd = { ...spec, maps: [{ ...map, name: "delete" }], programs: [{ ...program, name: "new" }], globals: [] };
    folder.file("odd.skel.ts", skeletonModule(odd, { source: "x", load: { imports: "", spec: "null as never" } }));
    folder.file(
      "use-odd.ts",
      'import load from "./odd.skel.ts";\nconst it = await load(null as never);\nit.programs.new.name;\nit.maps.delete.name;\n',
    );
  });

  it("gives modules that tsc takes, typed as the objects are", () => {
    const { status, stdout } = spawnSync(process.execPath, [TSC, "-p", folder.path], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
  });

  for (const name of ["embedded", "besides"]) {
    it(`that load the object: ${name}`, async () => {
      const { use }: { use(engine: Engine): Promise<unknown> } = await import(join(folder.path, `use-${name}.ts`));
      await using engine = await openEngine("embedded");
      assert.deepEqual(await use(engine), { verdict: 2, mac: "02:00:00:00:00:09", frames: 1, seen: 1n, port: 5n });
    });
  }

  it("says what does not go together", async () => {
    const { status, stderr } = await skep(["skeleton", "x.o", "--embed", "--types"]);
    assert.deepEqual([status, stderr], [2, "skep: --embed and --types exclude each other\n"]);
  });
});
