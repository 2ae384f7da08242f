/** `skep run --watch`: a program is compiled anew and takes over, with the maps that have the same shape; what does not work changes nothing. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { exchange, moveLinks, type Running } from "../../src/cli/watch/swap.ts";
import { compileSource } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { defineHook, u32 } from "../../src/engine/embedded/hooks/index.ts";
import type { Collection, Link } from "../../src/engine/engine.ts";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { type Lab, openLab, probeLab } from "../support/netns.ts";
import { Folder, ROOT } from "./skep.ts";
import "../kernel/leaks.ts";

const probe = probeLinux();
const noLab = (await probeLab()) ?? false;

describe("an exchange", () => {
  const HEAD = `import { array, hash, hook, type u16, type u32, type u64 } from "skep/bpf";
interface Request { readonly client: u32; readonly size: u32; }
`;
  const MAPS = "export const clients = hash<u32, u64>({ maxEntries: 8 });\nexport const sizes = array<u32>({ maxEntries: 4 });\n";
  const BODY = (verdict: number) =>
    `export let total: u64 = 0;\nexport const limit = hook<Request>("request", (request) => { clients.increment(request.client); total += 1; return ${verdict}; });\n`;
  const spec = (text: string) => compileSource(HEAD + text, { file: "limit.bpf.ts" });
  const wanted = (collection: Collection) =>
    Object.values(collection.programs).map((program) => ({ program, place: "request", attach: () => program.attach({}) }));
  const successor = (text: string) => ({ spec: spec(text), load: {}, prepare: () => {}, wanted });

  async function started() {
    const request = defineHook("request", { client: u32, size: u32 }, { returns: u32 });
    const engine = openEmbedded({ hooks: [request] });
    const collection = await engine.load(spec(MAPS + BODY(1)));
    const { attached } = await moveLinks([], wanted(collection));
    const running: Running = { collection, attached };
    assert.equal(request.run({ client: 7, size: 1 }), 1);
    return { engine, running, run: () => request.run({ client: 7, size: 1 }) };
  }

  const counts = ({ collection }: Running) => [collection.maps["clients"]?.get(7), collection.variables["total"]?.get()];

  test("keeps maps and variables of the same shape", async () => {
    const { engine, running, run } = await started();
    await using _engine = engine;
    const { running: now, swapped, twice } = await exchange(engine, running, successor(MAPS + BODY(2)));
    assert.equal(run(), 2);
    assert.deepEqual(counts(now), [2n, 2n]);
    assert.deepEqual(
      [swapped.kept.toSorted(), swapped.added, swapped.gone, twice],
      [["clients", "limit.bss", "sizes"], [], [], []],
    );
    assert.equal(now.attached[0]?.link, running.attached[0]?.link);
    assert.throws(() => running.collection.maps["clients"]?.get(7), /disposed|closed/);
  });

  test("makes those anew whose shape changed, and says why", async () => {
    const { engine, running, run } = await started();
    await using _engine = engine;
    const text = `export const clients = hash<u32, u64>({ maxEntries: 9 });\nexport const more = array<u32>({ maxEntries: 4 });\n${BODY(3).replace("total: u64 = 0;", "total: u64 = 0; export let last: u16 = 5;").replace("total += 1;", "total += 1; last = 6;")}`;
    const { running: now, swapped } = await exchange(engine, running, successor(text));
    assert.equal(run(), 3);
    assert.equal(counts(now)[0], 1n);
    assert.match(swapped.changed.get("clients") ?? "", /maxEntries is 8, the Spec declares 9/);
    assert.ok(swapped.added.includes("more"));
    assert.deepEqual(swapped.gone, ["sizes"]);
  });

  test("variables that moved are not taken for what they were", async () => {
    const { engine, running } = await started();
    await using _engine = engine;
    const text = MAPS + BODY(1).replaceAll("total", "other");
    const { running: now, swapped } = await exchange(engine, running, successor(text));
    assert.match(swapped.changed.get("limit.bss") ?? "", /variable other is new/);
    assert.equal(now.collection.variables["other"]?.get(), 0n);
  });

  test("variables that begin with another value have it", async () => {
    const { engine, running } = await started();
    await using _engine = engine;
    const text = (value: number) => MAPS + BODY(1).replace("total: u64 = 0", `total: u64 = ${value}`);
    const first = await exchange(engine, running, successor(text(5)));
    const same = await exchange(engine, first.running, successor(text(5)));
    assert.ok(same.swapped.kept.includes("limit.data"));
    const { running: now, swapped } = await exchange(engine, same.running, successor(text(6)));
    assert.match(swapped.changed.get("limit.data") ?? "", /initial values/);
    assert.equal(now.collection.variables["total"]?.get(), 6n);
  });

  test("that fails changes nothing, and leaves nothing", async () => {
    const { engine, running, run } = await started();
    await using _engine = engine;
    const before = engine.memory.used;
    const failing = { ...successor(MAPS + BODY(2)) };
    await assert.rejects(
      exchange(engine, running, {
        ...failing,
        prepare() {
          throw new RangeError("no such map");
        },
      }),
      /no such map/,
    );
    await assert.rejects(
      exchange(engine, running, {
        ...failing,
        wanted: (collection) => [
          ...wanted(collection),
          ...wanted(collection).map((one) => ({ ...one, place: "elsewhere", attach: () => Promise.reject(new Error("taken")) })),
        ],
      }),
      /taken/,
    );
    assert.equal(run(), 1);
    assert.deepEqual(counts(running), [2n, 2n]);
    assert.equal(engine.memory.used, before);
  });

  test("where a link cannot be updated, the new program is attached before the old one goes", async () => {
    const { engine, running, run } = await started();
    await using _engine = engine;
    const order: string[] = [];
    const [only] = running.attached;
    assert.ok(only !== undefined);
    const link: Link = {
      description: only.link.description,
      update: () => Promise.reject(Object.assign(new Error("kernels do not"), { name: "FeatureError" })),
      async detach() {
        order.push(`detach, runs ${run()}`);
        await only.link.detach();
      },
      [Symbol.asyncDispose]: () => only.link.detach(),
    };
    const { twice } = await exchange(
      engine,
      { ...running, attached: [{ ...only, link }] },
      {
        ...successor(MAPS + BODY(2)),
        wanted: (collection) =>
          wanted(collection).map((one) => ({
            ...one,
            attach() {
              order.push("attach");
              return one.attach();
            },
          })),
      },
    );
    assert.deepEqual(twice, ["limit"]);
    assert.equal(order[0], "attach");
    assert.match(order[1] ?? "", /^detach/);
    assert.equal(run(), 2);
  });
});

/** `skep run … --watch`, and what it says. */
class Watched {
  readonly #child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly ended: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((done) => child.on("close", done));
  }

  /** Waits until it has said something new on stderr, and forgets what it said. */
  async says(what: RegExp): Promise<string> {
    for (let tries = 0; !what.test(this.stderr); tries++) {
      assert.ok(tries < 600, `${what} in: ${this.stderr}`);
      assert.equal(this.#child.exitCode, null, this.stderr);
      await new Promise((done) => setTimeout(done, 50));
    }
    const said = this.stderr;
    this.stderr = "";
    return said;
  }

  async interrupt(): Promise<number | null> {
    this.#child.kill("SIGINT");
    return this.ended;
  }
}

const skepRun = (...args: string[]) => [process.execPath, join(ROOT, "bin/skep.js"), "run", ...args, "--watch"];
const environment = { ...process.env, NO_COLOR: "1" };
const STDIO = ["ignore", "pipe", "pipe"] as const;

describe("skep run --replay --watch", () => {
  test("plays again when the program or a file that it imports changes, and waits while it does not compile", async () => {
    using folder = new Folder();
    const part = folder.file("part.bpf.ts", "export const VERDICT = 2;\n");
    const main = (extra: string) =>
      `import { hash, type u32, type u64, xdp } from "skep/bpf";\nimport { VERDICT } from "./part.bpf.ts";\nexport const seen = hash<u32, u64>({ maxEntries: 4 });\nexport const p = xdp(() => { seen.increment(1); ${extra} return VERDICT; });\n`;
    const file = folder.file("main.bpf.ts", main("wrong;"));
    const [command = "", ...args] = skepRun(file, "--replay", join(ROOT, "examples/captures/office.pcap"));
    const watched = new Watched(spawn(command, args, { env: environment, stdio: [...STDIO] }));
    assert.match(await watched.says(/waiting for a change/), /main\.bpf\.ts:4:\d+: error SK2001/);
    writeFileSync(file, main(""));
    await watched.says(/waiting for a change/);
    assert.match(watched.stdout, /pass +2,856/);
    watched.stdout = "";
    // As editors do: another file takes its place.
    renameSync(folder.file("new", "export const VERDICT = 1;\n"), part);
    await watched.says(/waiting for a change/);
    assert.match(watched.stdout, /drop +2,856/);
    assert.equal(await watched.interrupt(), 0);
  });
});

const COUNTER = (
  entries: number,
  verdict: string,
) => `import { hash, type u32, type u64, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
export const seen = hash<u32, u64>({ maxEntries: ${entries} });
export const other = hash<u32, u32>({ maxEntries: ${entries} });
export const p = xdp((ctx) => { if (ctx.packet.length === 777) seen.increment(1); return ${verdict}; });
`;
const FRAME = packet(ethernet(), ipv4(), udp({ destinationPort: 5353 }), padding(777));

for (const [way, skip] of [
  ["--interface", probe.available ? noLab : probe.reason],
  ["--raw", noLab],
] as const) {
  describe(`skep run ${way} --watch`, { skip }, () => {
    test("exchanges the program under traffic, keeps what it counted, and leaves nothing behind", async () => {
      await using lab = await openLab();
      using folder = new Folder();
      const file = folder.file("main.bpf.ts", COUNTER(8, "XDP_PASS"));
      const child = lab.spawn("b", skepRun(file, way, "veth0", "--json"), { stdio: [...STDIO], env: environment });
      const watched = new Watched(child);
      await watched.says(/nothing stays attached/);
      const send = async (lab: Lab) => {
        await lab.send("a", "veth0", [FRAME, FRAME, FRAME]);
        await new Promise((done) => setTimeout(done, 200));
      };
      await send(lab);
      writeFileSync(file, COUNTER(8, "XDP_DROP"));
      assert.match(await watched.says(/exchanged in \d+ ms/), /kept (seen, other|other, seen)/);
      await send(lab);
      writeFileSync(file, COUNTER(8, "XDP_DRIP"));
      assert.match(await watched.says(/waiting for a change/), /XDP_DRIP/);
      await send(lab);
      writeFileSync(file, COUNTER(8, "XDP_PASS").replace("other = hash<u32, u32>", "other = hash<u32, u64>"));
      assert.match(await watched.says(/exchanged in/), /kept seen; new other \(its valueSize is 4, the Spec declares 8\)/);
      await send(lab);
      assert.equal(await watched.interrupt(), 0);
      const { maps } = JSON.parse(watched.stdout);
      assert.deepEqual(maps.seen.entries, [{ key: 1, value: 12 }]);
      const { stdout } = await lab.exec("b", ["ip", "-details", "link", "show", "dev", "veth0"]);
      assert.doesNotMatch(stdout, /prog\/xdp/);
    });
  });
}
