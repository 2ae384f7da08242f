/**
 * From nothing to the result of `skep run` on the example capture: whole processes, beside an empty Node for scale.
 * The target is 250 ms. Run: `node bench/cold-start.ts`.
 */

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
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
