/**
 * How fast programs run as WebAssembly, beside the kernel's JIT in the same minutes: nanoseconds for one run (medians), and what
 * compiling takes. Run: `node bench/jit.ts [--rounds 7] [--only NAME]`.
 *
 * The programs (`bench/programs/`) are our own; both sides run the same bytecode on the same packet, which lies in place. The
 * kernel measures itself (BPF_PROG_TEST_RUN, repeated, in a child process); ours is a loop of JavaScript that calls the program.
 * `net` has the time of an empty program taken off on either side, as has `checked/bare`. The kernel counts whole nanoseconds: of
 * `parse` it has five left, which says little, so that `parses` does the same sixteen times in one run.
 */

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { realClock } from "../src/engine/embedded/clock.ts";
import { enterXdp, placePacket } from "../src/engine/embedded/contexts/xdp.ts";
import { Cpu } from "../src/engine/embedded/cpu.ts";
import { JitCode } from "../src/engine/embedded/jit/jit-code.ts";
import { JitProgram } from "../src/engine/embedded/jit/jit-program.ts";
import type { JitMode } from "../src/engine/embedded/jit/module.ts";
import { createMap } from "../src/engine/embedded/maps/create.ts";
import { Memory } from "../src/engine/embedded/memory.ts";
import { xdpKind } from "../src/engine/embedded/programs/xdp.ts";
import { resolve } from "../src/engine/embedded/resolve.ts";
import { Room } from "../src/engine/embedded/room/room.ts";
import type { Collection } from "../src/engine/engine.ts";
import { openLinux, probeLinux } from "../src/engine/linux/engine.ts";
import { assemble } from "../src/isa/assemble.ts";
import { encode } from "../src/isa/encode.ts";
import type { Spec } from "../src/object/spec.ts";
import { ethernet, ipv4, packet, payload, tcp } from "../src/packets/index.ts";
import { type MapShape, specOf } from "../test/contract/specs.ts";
import { median, printTable } from "./measure.ts";

const NAMES = [
  ...["arith64", "arith32", "sieve", "xor", "checksum", "hash", "fnv", "parse", "parses", "balance", "machine"],
  ...["chacha", "sha256", "murmur", "names", "text", "trie", "headers", "fixed", "divide"],
];
const EMPTY = "empty";
/** Too short for the kernel's clock, so that it is not in the means: `parses` runs it sixteen times. */
const COARSE = "parse";
const LOOKUPS = "count";

const MAPS: Readonly<Record<string, Record<string, MapShape>>> = {
  sieve: { flags: { type: "array", maxEntries: 1, key: "u32", value: 1024 } },
  balance: { table: { type: "array", maxEntries: 4096, key: "u32", value: "u32" } },
  count: { table: { type: "hash", maxEntries: 32_768, key: "u32", value: "u64" } },
};
/** Entries that the hash map holds; the 256 that are looked up are among them. */
const FILLED = 14_336;

function specFor(name: string): Spec {
  const text = name === EMPTY ? "r0 = 2\nexit" : readFileSync(new URL(`./programs/${name}.s`, import.meta.url), "utf8");
  return specOf(MAPS[name] ?? {}, { main: text.replace(/^;.*$/gm, "") });
}

/** 1,460 bytes: a TCP packet to port 443 with text in it. */
function packetFor(): Uint8Array {
  const text = `if (count_7 >= 128) { emit("a \\"quoted\\" string\\n", 0x1f2e); } # note\nlet total = price * 42 + rate / 3; // sum\nwhile (x != 10) x = next(x, 2.5);\n`;
  const bytes = new TextEncoder().encode(text.repeat(12)).subarray(0, 1406);
  return packet(ethernet(), ipv4({ source: "198.51.100.9" }), tcp({ destinationPort: 443 }), payload(bytes));
}

// ── the kernel, in a child process ──────────────────────────────────────────────────────────────────────────────────

async function serveKernel(): Promise<void> {
  await using engine = await openLinux();
  const packet = packetFor();
  const loaded = new Map<string, Collection>();
  for await (const line of createInterface({ input: process.stdin })) {
    const { name, repeat } = JSON.parse(line) as { name: string; repeat: number };
    let collection = loaded.get(name);
    if (collection === undefined) {
      loaded.set(name, (collection = await engine.load(specFor(name))));
      if (name === LOOKUPS) {
        const map = collection.maps["table"]!;
        for (let index = 0; index < FILLED; index++) map.set(Math.imul(index, 0x9e37_79b1) >>> 0, BigInt(index));
      }
    }
    const program = collection.programs["main"]!;
    program.run({ packet, repeat: Math.min(repeat, 100) });
    const { verdict, duration } = program.run({ packet, repeat });
    console.log(JSON.stringify({ verdict, duration }));
  }
}

interface Measured {
  readonly verdict: number;
  readonly duration: number;
}

class Kernel {
  readonly #child = spawn(process.execPath, ["--no-warnings", fileURLToPath(import.meta.url), "--kernel"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  async measure(name: string, repeat: number): Promise<Measured | null> {
    this.#child.stdin.write(`${JSON.stringify({ name, repeat })}\n`);
    const { value, done } = await this.#lines.next();
    return done === true ? null : (JSON.parse(value) as Measured);
  }

  close(): void {
    this.#child.stdin.end();
  }
}

// ── ours ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Windows of a millisecond that a round is made of. */
const WINDOWS = 20;

class Ours {
  readonly #program: JitProgram;
  readonly #context: number;

  constructor(name: string, mode: JitMode) {
    const memory = new Memory({ size: 16 << 20 });
    const cpu = new Cpu(0, new Room({ memory, clock: realClock(), print: () => {} }), 1);
    const spec = specFor(name);
    const stores = spec.maps.map((map) => createMap(map, { memory, cpus: 1, random: () => 0x1234_5678 }));
    const helpers = xdpKind.helpers;
    const { code, maps } = resolve(spec.programs[0]!, xdpKind, new Map(stores.map((store) => [store.name, store])));
    if (name === LOOKUPS) {
      const [store] = stores;
      for (let index = 0; index < FILLED; index++) {
        memory.view.setUint32(store!.scratchKey, Math.imul(index, 0x9e37_79b1), true);
        memory.view.setUint32(store!.scratchValue, index, true);
        store!.update(store!.scratchKey, store!.scratchValue, 0, 0);
      }
    }
    this.#program = new JitProgram(new JitCode(code, { mode, memory, helpers, maps }), cpu);
    const packet = packetFor();
    placePacket(cpu, packet);
    enterXdp(cpu, this.#program.space, packet.length, 0, 0);
    this.#context = cpu.context;
  }

  /** The first quartile of some windows: in most of the others something else ran on this processor. */
  measure(repeat: number): Measured {
    let verdict = 0;
    const times: number[] = [];
    for (let window = 0; window < WINDOWS; window++) {
      const start = performance.now();
      for (let round = 0; round < repeat; round++) verdict = this.#program.run(this.#context);
      times.push(((performance.now() - start) * 1e6) / repeat);
    }
    times.sort((one, other) => one - other);
    return { verdict: verdict >>> 0, duration: times[WINDOWS >> 2]! };
  }

  /** Runs until the optimizing compiler had its say; how often is about a millisecond. */
  async warm(): Promise<number> {
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      while (performance.now() - start < 50) this.measure(2);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return Math.ceil(1e6 / this.measure(50).duration);
  }
}

// ── compiling ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What compiling a program of so many instructions takes, in milliseconds: each round a module and its instance; and its first call. */
function compileTimes(size: number, rounds: number): { readonly made: number[]; readonly called: number } {
  const lines: string[] = ["r0 = 0"];
  for (let at = 0; lines.length < size - 2; at++) {
    lines.push(`r2 = *(u32 *)(r10 - ${8 + (at % 32) * 8})`, `r2 *= ${at + 3}`, "r0 += r2");
    if (at % 2 === 0) lines.push(`if r2 > ${at} goto +1`, "r0 ^= 5");
  }
  lines.push("r0 += 1", "exit");
  const memory = new Memory({ size: 1 << 20 });
  const cpu = new Cpu(0, new Room({ memory, clock: realClock(), print: () => {} }), 1);
  const spec = { ...specOf({}, { main: "r0 = 2\nexit" }).programs[0]!, code: encode(assemble(lines.join("\n"))) };
  const { code } = resolve(spec, xdpKind, new Map());
  const made: number[] = [];
  let called = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const program = new JitProgram(new JitCode(code, { mode: "bare", memory, helpers: [], maps: [] }), cpu);
    made.push(performance.now() - start);
    const before = performance.now();
    program.run(0);
    called = performance.now() - before;
  }
  return { made, called };
}

/** `cold` is the first program of a process of its own; `warm` the median of later rounds. */
function printCompileTimes(): void {
  const rows = [10, 1_000, 10_000, 100_000].map((size) => {
    const { made, called } = compileTimes(size, size > 10_000 ? 9 : 100);
    const { stdout } = spawnSync(process.execPath, ["--no-warnings", fileURLToPath(import.meta.url), "--cold", String(size)]);
    const warm = median(made.slice(made.length >> 1));
    return [String(size), Number(stdout).toFixed(1), warm.toFixed(2), called.toFixed(2)];
  });
  console.log("\ncompiling, ms");
  printTable(["instructions", "cold", "warm", "1st call"], rows);
}

interface Subject {
  readonly name: string;
  readonly bare: Ours;
  readonly checked: Ours;
  readonly repeat: number;
  readonly times: readonly [kernel: number[], bare: number[], checked: number[]];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { kernel: { type: "boolean" }, cold: { type: "string" }, rounds: { type: "string" }, only: { type: "string" } },
  });
  if (values.kernel === true) return serveKernel();
  if (values.cold !== undefined) return console.log(compileTimes(Number(values.cold), 1).made[0]);
  const names = [EMPTY, ...NAMES, LOOKUPS].filter(
    (name) => name === EMPTY || values.only === undefined || values.only.split(",").includes(name),
  );
  const { available, reason } = probeLinux();
  if (!available) console.log(`no column for the kernel: ${reason}`);
  const kernel = available ? new Kernel() : null;
  // All are warm before any is measured: a call from JavaScript costs more when it may lead to several programs, and that is the
  // same for the empty one then.
  const subjects: Subject[] = [];
  for (const name of names) {
    const bare = new Ours(name, "bare");
    const checked = new Ours(name, "checked");
    const repeat = await bare.warm();
    await checked.warm();
    subjects.push({ name, bare, checked, repeat, times: [[], [], []] });
  }
  for (let round = 0; round < Number(values.rounds ?? 7); round++) {
    for (const { name, bare, checked, repeat, times } of subjects) {
      const reference = (await kernel?.measure(name, repeat * WINDOWS)) ?? null;
      const ours = bare.measure(repeat);
      if (reference !== null && reference.verdict !== ours.verdict)
        console.log(`${name}: kernel ${reference.verdict}, ours ${ours.verdict}`);
      times[0].push(reference?.duration ?? Number.NaN);
      times[1].push(ours.duration);
      times[2].push(checked.measure(repeat).duration);
    }
  }
  const rows: string[][] = [];
  const ratios: { whole: number; net: number }[] = [];
  let base = [0, 0, 0];
  for (const { name, times } of subjects) {
    const [k, b, c] = times.map(median) as [number, number, number];
    if (name === EMPTY) base = [k, b, c];
    const net = (b - base[1]!) / (k - base[0]!);
    const single = name === EMPTY || name === COARSE;
    if (!single && name !== LOOKUPS) ratios.push({ whole: b / k, net });
    rows.push([
      name,
      k.toFixed(1),
      b.toFixed(1),
      c.toFixed(1),
      (b / k).toFixed(2),
      single ? "" : net.toFixed(2),
      name === EMPTY ? "" : ((c - base[2]!) / (b - base[1]!)).toFixed(2),
    ]);
    if (name === LOOKUPS)
      rows.push(["  one lookup", ((k - base[0]!) / 256).toFixed(1), ((b - base[1]!) / 256).toFixed(1), "", "", "", ""]);
  }
  kernel?.close();
  printTable(["program", "kernel ns", "bare", "checked", "bare/kernel", "net", "checked/bare"], rows);
  for (const kind of ["whole", "net"] as const) {
    const all = ratios.map((ratio) => ratio[kind]);
    const mean = Math.exp(all.reduce((sum, ratio) => sum + Math.log(ratio), 0) / all.length);
    console.log(
      `${kind} runs of ${all.length} programs: geometric mean ${mean.toFixed(2)}, worst ${Math.max(...all).toFixed(2)}`,
    );
  }
  printCompileTimes();
}

await main();
