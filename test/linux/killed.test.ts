/** Whoever uses the kernel may be killed at any moment, and leaves nothing there but what it pinned. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { KernelCensus } from "../kernel/census.ts";
import "../kernel/leaks.ts";
import { needs, noEngine, noMounts } from "./this-kernel.ts";

/** Namespaces of its own, with a bpf file system that nobody else sees, which the shell keeps until it may end. */
const PRIVATE = [
  "unshare",
  "-mn",
  "sh",
  "-c",
  'mount -t bpf bpf /sys/fs/bpf || exit 9; ip link set lo up; "$@"; echo ended; read end',
  "sh",
];
const skip = noEngine || needs("6.6") || noMounts();

const CHILD = fileURLToPath(new URL("./killed-child.ts", import.meta.url));

/** Lets a child work, kills it some milliseconds after it began with a step, and says what is left in the kernel before and after its pins are gone. */
async function killAt(
  step: string,
  milliseconds: number,
): Promise<{ readonly pinned: boolean; readonly left: string[]; readonly after: string[] }> {
  const census = await KernelCensus.open();
  const [file = "", ...args] = [...PRIVATE, process.execPath, "--no-warnings", CHILD, "/sys/fs/bpf"];
  const shell = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  let pid = 0;
  let pinned = false;
  for await (const line of createInterface({ input: shell.stdout })) {
    if (line.startsWith("pid ")) pid = Number(line.slice(4));
    // Done once the step after it begins.
    if (line === "give back") pinned = true;
    if (line === step && pid > 0) {
      await sleep(milliseconds);
      process.kill(pid, "SIGKILL");
      // More such lines may be on their way, and the number may become another's.
      pid = 0;
    }
    if (line === "ended") break;
  }
  const left = await census.settled(pinned ? 1 : 0);
  shell.stdin.end("\n");
  const after = await census.settled();
  return { pinned, left, after };
}

describe("a process that is killed", { skip }, () => {
  for (const [step, milliseconds, pins] of [
    ["load", 0, false],
    ["load", 1, false],
    ["load", 3, false],
    ["attach", 0, false],
    ["attach", 5, false],
    ["attach", 15, false],
    ["read", 0, false],
    ["records", 0, false],
    ["give back", 0, true],
    ["give back", 4, true],
    ["give back", 40, true],
    ["give back", 100, true],
  ] as const) {
    test(`${milliseconds} ms into "${step}"`, async () => {
      const { pinned, left, after } = await killAt(step, milliseconds);
      assert.ok(pinned || !pins, "it came as far as that");
      // It may have got further meanwhile, to the pin.
      const names = left.map((each) => each.replace(/ \d+ /, " "));
      assert.ok(names.length === 0 || (names.length === 1 && names[0] === "map (killed_table)"), names.join(", "));
      if (pins) assert.deepEqual(names, ["map (killed_table)"]);
      assert.deepEqual(after, []);
    });
  }
});
