/** The portable rooms run in a browser: bundled for one, the first flight happens in a context that has nothing of Node's. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { createContext, Script } from "node:vm";
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
};

const FLIGHT = `
  import { compileSource, openCapture, openEmbedded, replay, virtualClock } from "./src/embedded.ts";
  globalThis.fly = async (source, capture) => {
    const spec = await compileSource(source, { file: "firewall.bpf.ts" });
    const engine = openEmbedded({ unsafe: true, clock: virtualClock(), memory: 64 << 20 });
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
