/** What the tests of this folder do to the live kernel: each runs in a process of its own (see child.ts) and returns plain data. */

import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "../../src/compile.ts";
import type { BpfMap } from "../../src/engine/engine.ts";
import { type LinuxEngine, openLinux } from "../../src/engine/linux/engine.ts";
import { LinuxMap } from "../../src/engine/linux/maps/map.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import type { Spec } from "../../src/object/spec.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { type MapShape, specOf } from "../contract/specs.ts";

export { sameOperations, sameShapes } from "./same-maps.ts";

const TABLE: MapShape = { type: "hash", maxEntries: 1000, key: "u32", value: "u64" };
const PASS = "r0 = 2\nexit";

/** What an error says, as data. */
function told(error: unknown) {
  const { name, message, log, code, cause } = error as Error & { log?: readonly string[]; code?: string };
  return { name, message, code, log, cause: cause instanceof Error ? cause.message : undefined };
}

async function attempt(engine: LinuxEngine, spec: Spec) {
  try {
    await using collection = await engine.load(spec);
    return { loaded: Object.keys(collection.programs), typesRefused: collection.typesRefused };
  } catch (error) {
    return told(error);
  }
}

/** Descriptors of BPF objects that this process holds, as the kernel counts them. */
function bpfDescriptors(): string[] {
  const names: string[] = [];
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      if (/bpf|btf/.test(target)) names.push(target);
    } catch {
      // The descriptor of the folder itself, closed by now.
    }
  }
  return names;
}

/** Programs that no verifier accepts, and what is said about them. */
export async function refusals() {
  await using engine = await openLinux();
  const answers: Record<string, Awaited<ReturnType<typeof attempt>>> = {};
  for (const [name, source] of Object.entries({
    packet: "r1 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r1 + 12)\nexit",
    uninitialised: "exit",
    null_map: "r1 = map table\nr0 = 0\n*(u32 *)(r10 - 4) = r0\nr2 = r10\nr2 += -4\ncall 1\nr0 = *(u64 *)(r0 + 0)\nexit",
    unreachable: "r0 = 1\nexit\nr0 = 2\nexit",
    endless: "r0 = 0\nagain:\nr0 += 1\ngoto again\nexit",
    loop: "r0 = 0\nagain:\nif r0 == 0 goto again\nexit",
    helper: "call 999\nexit",
    stack: "r0 = *(u64 *)(r10 - 600)\nexit",
    no_exit: "r0 = 1",
  }))
    answers[name] = await attempt(engine, specOf({ table: TABLE }, { bad: source }));
  return { answers, left: engine.descriptors, kernel: bpfDescriptors() };
}

/** A log of several hundred kilobytes. */
export async function longRefusal() {
  await using engine = await openLinux();
  const steps = Array.from({ length: 4000 }, (_, i) => `r2 = ${i}\nif r2 != ${i} goto bad`).join("\n");
  const spec = specOf({}, { long: `r0 = 0\n${steps}\nbad:\nr0 = *(u64 *)(r0 + 0)\nexit` });
  return await attempt(engine, spec);
}

/** What the kernel holds while a collection is alive, and afterwards. */
export async function lifetime() {
  await using engine = await openLinux();
  const collection = await engine.load(specOf({ table: TABLE }, { pass: PASS }));
  const during = { ours: engine.descriptors.map((line) => line.replace(/^\d+: /, "")), kernel: bpfDescriptors().sort() };
  await collection[Symbol.asyncDispose]();
  return { during, typesRefused: collection.typesRefused, after: { ours: engine.descriptors, kernel: bpfDescriptors() } };
}

export async function frozen() {
  await using engine = await openLinux();
  await using collection = await engine.load(specOf({ table: { ...TABLE, type: "array" } }, { pass: PASS }));
  const table = collection.maps["table"];
  if (!(table instanceof LinuxMap)) throw new TypeError("not a map of the Linux engine");
  table.set(1, 5n);
  table.freeze();
  try {
    table.set(1, 6n);
    return { value: String(table.get(1)) };
  } catch (error) {
    return { ...told(error), value: String(table.get(1)) };
  }
}

/** Every kind that this engine makes from keys and values: one entry in, out, over, and gone. */
export async function kinds() {
  await using engine = await openLinux();
  const results: Record<string, unknown> = {};
  for (const type of ["hash", "array", "percpu_array", "percpu_hash", "lru_hash", "lru_percpu_hash"] as const) {
    await using collection = await engine.load(specOf({ table: { ...TABLE, type } }, { pass: PASS }));
    const table = collection.maps["table"] as BpfMap<number, unknown>;
    table.set(3, 7n);
    const value = table.get(3);
    results[type] = {
      value: String(Array.isArray(value) ? value.reduce((sum, each) => sum + each, 0n) : value),
      entries: [...table].length,
      types: collection.typesRefused,
    };
    table.clear();
  }
  return { results, cpus: engine.cpus };
}

/** 20,000 entries: several batches, and hash buckets of every size. */
export async function manyEntries() {
  await using engine = await openLinux();
  const counts: Record<string, number[]> = {};
  for (const type of ["hash", "percpu_hash", "lpm_trie", "array"] as const) {
    const trie = type === "lpm_trie";
    const key = trie ? ({ prefixLength: "u32", address: "u32" } as const) : "u32";
    const shape: MapShape = { type, maxEntries: 20_000, key, value: "u64", flags: trie ? 1 : 0 };
    await using collection = await engine.load(specOf({ table: shape }, { pass: PASS }));
    const table = collection.maps["table"]!;
    for (let i = 0; i < 20_000; i++) table.set(trie ? { prefixLength: 32, address: i } : i, BigInt(i));
    const keys = new Set<number>();
    for (const each of table.keys()) {
      keys.add(trie ? (each as { address: number }).address : (each as number));
      if (type !== "array" && keys.size % 2 === 0) table.delete(each);
    }
    counts[type] = [keys.size, [...table.keys()].length];
    table.clear();
    counts[type].push([...table.values()].filter((value) => value !== 0n).length);
  }
  return counts;
}

/** The programs of examples/, compiled here: each is loaded, and the firewall judges two packets a hundred times. */
export async function examples() {
  await using engine = await openLinux();
  const loaded: Record<string, { programs: string[]; maps: string[]; typesRefused: unknown }> = {};
  const folder = new URL("../../examples/", import.meta.url);
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".bpf.ts"))) {
    await using collection = await engine.load(await compile(fileURLToPath(new URL(name, folder))));
    const { programs, maps, typesRefused } = collection;
    loaded[name] = { programs: Object.keys(programs), maps: Object.keys(maps), typesRefused };
  }
  await using collection = await engine.load(await compile(fileURLToPath(new URL("firewall.bpf.ts", folder))));
  const { maps, programs } = collection;
  maps["blocked"]?.set({ prefixLength: 24, address: "203.0.113.0" }, 1);
  const from = (source: string) =>
    programs["firewall"]?.run({ packet: packet(ethernet(), ipv4({ source }), udp(), padding()), repeat: 100 }).verdict;
  const verdicts = [from("203.0.113.7"), from("198.51.100.9")];
  const drops = [...(maps["drops"] ?? [])].map(([source, counts]) => [
    source,
    String((counts as bigint[]).reduce((sum, each) => sum + each, 0n)),
  ]);
  return { loaded, verdicts, drops };
}

/** Random operations on a hash of the kernel and on JavaScript's Map: both say the same at every step. Maps only, no program runs. */
export async function likeAMap() {
  const { default: fc } = await import("fast-check");
  await using engine = await openLinux();
  await using collection = await engine.load(specOf({ table: { ...TABLE, maxEntries: 64 } }, {}));
  const table = collection.maps["table"] as BpfMap<number, bigint>;
  const step = fc.record({
    verb: fc.constantFrom("set", "create", "replace", "delete", "get", "walk"),
    key: fc.integer({ min: 0, max: 12 }).map((key) => key * 0x1234_567),
    value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  });
  let steps = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: "max" }), (script) => {
      table.clear();
      const model = new Map<number, bigint>();
      for (const { verb, key, value } of script) {
        steps++;
        if (verb === "get") assert.equal(table.get(key), model.get(key));
        else if (verb === "delete") assert.equal(table.delete(key), model.delete(key));
        else if (verb === "walk") assert.deepEqual(new Map(table), model);
        else if (verb === "set" || model.has(key) === (verb === "replace")) {
          table.set(key, value, verb === "set" ? "any" : verb);
          model.set(key, value);
        } else assert.throws(() => table.set(key, value, verb), { code: verb === "create" ? "exists" : "not-found" });
      }
      assert.deepEqual(new Map(table), model);
    }),
    { numRuns: 200 },
  );
  return { steps };
}

/** Memory of an array map (BPF_F_MMAPABLE, since 5.5) seen through `mmap`. */
export async function mapped() {
  const BPF_F_MMAPABLE = 1 << 10;
  await using engine = await openLinux();
  const shape: MapShape = { type: "array", maxEntries: 16, key: "u32", value: "u64", flags: BPF_F_MMAPABLE };
  await using collection = await engine.load(specOf({ table: shape }, { pass: PASS }));
  const table = collection.maps["table"];
  if (!(table instanceof LinuxMap)) throw new TypeError("not a map of the Linux engine");
  const native = await openNative();
  const mapping = native.map(table.fd, native.pageSize, 0, true);
  if (typeof mapping === "number") return { failed: mapping };
  const view = new DataView(mapping.memory);
  table.set(2, 99n);
  const seen = String(view.getBigUint64(16, true));
  view.setBigUint64(24, 7n, true);
  const written = String(table.get(3));
  mapping.unmap();
  mapping.unmap();
  let afterwards = "readable";
  try {
    void mapping.memory;
  } catch (error) {
    afterwards = (error as Error).message;
  }
  return { seen, written, afterwards, wrong: native.map(table.fd, native.pageSize * 1000, 0, false) };
}

/** Loading without privileges; the parent starts this one as nobody. */
export async function unprivileged() {
  await using engine = await openLinux();
  const { probeLinux } = await import("../../src/engine/linux/engine.ts");
  return {
    probe: probeLinux(),
    map: await attempt(engine, specOf({ table: TABLE }, { pass: PASS })),
    program: await attempt(engine, specOf({}, { pass: PASS })),
  };
}

/** What the known bug of 6.18 does to a loader. */
export async function killed() {
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => setInterval(() => {}, 1000));
}
