/**
 * From nothing to the result of `skep run` on the example capture, and to the first attached program in the kernel: whole processes, beside
 * an empty Node for scale. The targets are 250 ms, and 150 ms until it is attached. Run: `node bench/cold-start.ts`, as root for the kernel.
 *
 * Of the latter the first thread's own time on a processor is told, too: it says more on a busy machine.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { probeLinux } from "../src/engine/linux/engine.ts";
import { median, printTable } from "./measure.ts";

const root = resolve(import.meta.dirname, "..");
const ROUNDS = 15;
const skep = [resolve(root, "bin/skep.js")];
const COMMANDS: readonly (readonly [string, readonly string[]])[] = [
  ["node -e 0", ["-e", "0"]],
  ["skep --help", [...skep, "--help"]],
  ["skep verify a parser", [...skep, "verify", "test/verifier/large/text.o", "--program", "shape", "--kernel", "6.18"]],
  ["skep compile firewall", [...skep, "compile", "examples/firewall.bpf.ts"]],
  [
    "skep run firewall --replay office.pcap",
    [
      ...skep,
      "run",
      "examples/firewall.bpf.ts",
      "--replay",
      "examples/captures/office.pcap",
      "--set",
      'blocked={"prefixLength":24,"address":"203.0.113.0"}:1',
    ],
  ],
];

const times = COMMANDS.map((): number[] => []);
for (let round = 0; round <= ROUNDS; round++) {
  COMMANDS.forEach(([name, args], at) => {
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    const elapsed = performance.now() - start;
    if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
    if (round > 0) times[at]?.push(elapsed); // the first round fills caches
  });
}
printTable(
  [`command (${ROUNDS} runs, Node ${process.versions.node})`, "min ms", "median ms", "max ms"],
  COMMANDS.map(([name], at) => {
    const runs = times[at] ?? [];
    return [name, Math.min(...runs).toFixed(0), median(runs).toFixed(0), Math.max(...runs).toFixed(0)];
  }),
);

const tracing = "test/linux/fixtures/tracing.bpf.o";
const ATTACHED: readonly (readonly [string, readonly string[]])[] = [
  ["node", ["-e", "process.stderr.write('nothing stays attached'); setInterval(() => {}, 1e6)"]],
  ["skep run: tracepoint, object", [...skep, "run", tracing, "--program", "on_tracepoint"]],
  ["skep run: tp_btf, object", [...skep, "run", tracing, "--program", "on_btf"]],
  ["skep run: tracepoint, TypeScript", [...skep, "run", "examples/open-exec.bpf.ts"]],
  [
    "skep run: XDP, TypeScript, small maps",
    [...skep, "run", "examples/protocols.bpf.ts", "--interface", "skep0", "--mode", "generic"],
  ],
  // Its map of 65,536 entries a CPU alone takes the kernel a third of that.
  ["skep run: XDP, TypeScript", [...skep, "run", "examples/firewall.bpf.ts", "--interface", "skep0", "--mode", "generic"]],
];

/** Milliseconds until it says that it is attached, and of those the first thread's on a processor. */
async function untilAttached(args: readonly string[]): Promise<readonly [wall: number, own: number] | null> {
  const start = performance.now();
  // A network namespace of its own, with an interface in it.
  const script = 'ip link add skep0 type veth peer name skep1 && ip link set skep0 up && exec "$0" "$@"';
  const child = spawn("unshare", ["-n", "sh", "-c", script, process.execPath, ...args], { cwd: root });
  let told: readonly [number, number] | null = null;
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    if (told !== null || !text.includes("nothing stays attached")) return;
    told = [performance.now() - start, Number(readFileSync(`/proc/${child.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6];
    child.kill("SIGINT");
  });
  child.stdout.resume();
  await once(child, "close");
  return told;
}

if (probeLinux().available) {
  const attached = ATTACHED.map((): (readonly [number, number])[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, [name, args]] of ATTACHED.entries()) {
      const time = await untilAttached(args);
      if (time === null) throw new Error(`${name} was not attached`);
      if (round > 0) attached[at]?.push(time);
    }
  }
  console.log();
  printTable(
    ["until it is attached", "min ms", "median ms", "min own ms", "median own ms"],
    ATTACHED.map(([name], at) => {
      const wall = (attached[at] ?? []).map(([time]) => time);
      const own = (attached[at] ?? []).map(([, time]) => time);
      return [name, Math.min(...wall), median(wall), Math.min(...own), median(own)].map((cell) =>
        typeof cell === "number" ? cell.toFixed(0) : cell,
      );
    }),
  );
}
