/** The capabilities that types of programs need, held against a kernel: each subset of three is tried, in a process that has no others. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PROGRAM_CAPABILITIES } from "../../src/uapi/privileges.ts";
import type { ProgramType } from "../../src/uapi/program-types.ts";

const SCRIPT = fileURLToPath(new URL("program-types.scenarios.ts", import.meta.url));
const THREE = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"] as const;

/** Every subset with CAP_BPF, and the rest alone: without it nothing loads. */
const SUBSETS: readonly (readonly string[])[] = [
  ["CAP_PERFMON", "CAP_NET_ADMIN"],
  ["CAP_BPF"],
  ["CAP_BPF", "CAP_PERFMON"],
  ["CAP_BPF", "CAP_NET_ADMIN"],
  THREE,
];

function loadedWith(capabilities: readonly string[]): Readonly<Record<string, boolean>> {
  const set = ["-all", ...capabilities.map((name) => `+${name.slice(4).toLowerCase()}`)].join(",");
  const command = ["--bounding-set", set, "--inh-caps", "-all", "--", process.execPath, "--no-warnings", SCRIPT];
  const { stdout, stderr, status } = spawnSync("setpriv", command, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** @returns the types that the kernel takes at all, whose sets were found to be the least. */
export function checkLeastOfTypes(): readonly string[] {
  const answers = SUBSETS.map((capabilities) => ({ capabilities, loaded: loadedWith(capabilities) }));
  const all = answers.at(-1)?.loaded ?? {};
  const types = Object.keys(all).filter((type) => all[type] === true);
  for (const type of types) {
    const needs = PROGRAM_CAPABILITIES[type === "fentry" ? "tracing" : (type as ProgramType)];
    for (const { capabilities, loaded } of answers) {
      const enough = needs.every((name) => capabilities.includes(name));
      assert.equal(
        loaded[type],
        enough,
        `${type} needs ${needs.join(" ")}; with ${capabilities.join(" ")} it ${loaded[type] ? "loads" : "does not load"}`,
      );
    }
  }
  return types;
}
