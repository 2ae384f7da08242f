/** The portable rooms run in a browser: bundled for one, the first flight happens in a context that has nothing of Node's. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { createContext, Script } from "node:vm";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");

/** What the bundle may use: the language, and what every browser has. */
const WEB_GLOBALS = {
  WebAssembly: Reflect.get(globalThis, "WebAssembly"),
  TextDecoder,
  TextEncoder,
  performance,
  DecompressionStream,
  queueMicrotask,
  setTimeout,
  clearTimeout,
};

const FLIGHT = `
  import { compileSource, openCapture, openEmbedded, replay, virtualClock } from "./src/embedded.ts";
  globalThis.fly = async (source, capture) => {
    const spec = await compileSource(source, { file: "firewall.bpf.ts" });
    const engine = openEmbedded({ clock: virtualClock(), memory: 64 << 20 });
    const device = engine.addDevice("net0");
    const collection = await engine.load(spec);
    collection.maps.blocked.set({ prefixLength: 24, address: "203.0.113.0" }, 1);
    await collection.programs.firewall.attach({ interface: "net0" });
    const { verdicts } = await replay(await openCapture(capture), device);
    return verdicts.map(({ verdict, packets }) => [verdict, packets]);
  };`;

/** The test kit and an application's hook, there. */
const TESTING = `
  import { defineHook, text, u32 } from "./src/hooks.ts";
  import { ethernet, ipv4, load, packet, udp } from "./src/testkit/index.ts";
  globalThis.tested = async (source) => {
    const fw = await load(source);
    fw.map("blocked").set({ prefixLength: 24, address: "203.0.113.0" }, 1);
    fw.program("firewall").run(packet(ethernet(), ipv4({ source: "203.0.113.7" }), udp())).expectDrop();
    fw.map("drops").expectEntries([["203.0.113.7", 1]]);
    const onText = defineHook("text", { said: text(8) }, { returns: u32 });
    const program = onText.declaration() + 'export const first = hook<Text>("text", (t) => t.said.bytes[0]!);';
    const hook = await (await load(program, { hooks: [onText] })).hook(onText);
    return [fw.coverage().covered > 0, hook.run({ said: "A" }).verdict, await load("x.bpf.ts").catch(({ message }) => message)];
  };`;

/** The page makes its threads itself; a thread is one call. */
const THREADED_FLIGHT = `
  import { compileSource, openEmbedded, webThreads } from "./src/embedded.ts";
  globalThis.fly = async (source, packets) => {
    const spec = await compileSource(source, { file: "firewall.bpf.ts" });
    const engine = openEmbedded({ memory: 64 << 20, cpus: 3, threads: webThreads((name) => new Worker(name)) });
    const device = engine.addDevice("net0");
    const collection = await engine.load(spec);
    collection.maps.blocked.set({ prefixLength: 24, address: "203.0.113.0" }, 1);
    try {
      await collection.programs.firewall.attach({ interface: "net0" });
      const { verdicts, perCpu } = await device.receiveMany(packets);
      return [...verdicts, ...perCpu];
    } finally {
      await engine[Symbol.asyncDispose]();
    }
  };`;
const CPU = `
  import { serveCpu } from "./src/embedded.ts";
  serveCpu(globalThis.self);`;

/** A worker of Node as a browser's: with `self`, and without what only Node has. */
const STAGE = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { Script } = require("node:vm");
  globalThis.self = {
    postMessage: (message) => parentPort.postMessage(message),
    addEventListener: (type, listener) => parentPort.on(type, (data) => listener({ data })),
  };
  for (const name of ["process", "Buffer", "global", "setImmediate"]) delete globalThis[name];
  new Script(workerData).runInThisContext();`;

async function bundle(contents: string): Promise<string> {
  // esbuild refuses node: modules for the browser: an import of one fails here, by name.
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

test("the compiler and the embedded engine bundle for a browser and fly there", async () => {
  const context = createContext({ ...WEB_GLOBALS });
  new Script(await bundle(FLIGHT)).runInContext(context);
  const source = readFileSync(resolve(root, "examples/firewall.bpf.ts"), "utf8");
  const capture = new Uint8Array(readFileSync(resolve(root, "examples/captures/office.pcap")));
  const verdicts: [number, number][] = await context["fly"](source, capture);
  const packets = new Map(verdicts);
  const [drop, pass] = [packets.get(1) ?? 0, packets.get(2) ?? 0];
  assert.ok(drop > 100 && pass > 100, `dropped ${drop}, passed ${pass}`);
});

test("so does the test kit, with hooks of an application", async () => {
  const context = createContext({ ...WEB_GLOBALS });
  new Script(await bundle(TESTING)).runInContext(context);
  const source = readFileSync(resolve(root, "examples/firewall.bpf.ts"), "utf8");
  const answers = await context["tested"](source);
  assert.deepEqual([...answers], [true, 65, "x.bpf.ts: there are no files here; give the text of the program"]);
});

test("a page's workers are the CPUs of its engine", async () => {
  const cpu = await bundle(CPU);
  /** A browser's Worker, as far as the page uses it. */
  class WebWorker {
    readonly #worker = new Worker(STAGE, { eval: true, workerData: cpu });

    constructor() {
      this.#worker.unref();
    }

    postMessage(message: unknown): void {
      this.#worker.postMessage(message);
    }

    terminate(): void {
      void this.#worker.terminate();
    }

    addEventListener(type: string, listener: (event: unknown) => void): void {
      if (type === "message") this.#worker.on("message", (data: unknown) => listener({ data }));
      else this.#worker.on("error", listener);
    }
  }
  const context = createContext({ ...WEB_GLOBALS, Worker: WebWorker });
  new Script(await bundle(THREADED_FLIGHT)).runInContext(context);
  const source = readFileSync(resolve(root, "examples/firewall.bpf.ts"), "utf8");
  const packets = Array.from({ length: 1000 }, (_, at) => {
    const packet = new Uint8Array(60);
    packet.set([8, 0, 0x45], 12);
    packet.set(at % 4 === 0 ? [203, 0, 113, at & 255] : [10, 0, 0, at & 255], 26);
    return packet;
  });
  const [...flown]: [[number, number], [number, number], number, number] = await context["fly"](source, packets);
  const verdicts = new Map(flown.slice(0, 2) as [number, number][]);
  assert.deepEqual([verdicts.get(1), verdicts.get(2)], [250, 750]);
  const [one, two] = flown.slice(2) as number[];
  assert.equal(one! + two!, 1000);
  assert.ok(one! > 300 && two! > 300);
});
