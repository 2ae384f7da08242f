/** What the compiler makes passes the live kernel's verifier: every example, every instruction set version. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { Conversation } from "../kernel/child.ts";

const probe = probeLinux();

test("the kernel takes the examples", { skip: probe.available ? false : probe.reason }, async () => {
  const files = [
    ...globSync("examples/*.bpf.ts", { cwd: root() }),
    ...globSync("test/compiler/programs/*.bpf.ts", { cwd: root() }),
  ];
  assert.ok(files.length >= 4);
  // Programs are loaded from a child process only: a fault of the kernel then ends the child.
  const script = fileURLToPath(new URL("./load-examples.ts", import.meta.url));
  const child = spawn(process.execPath, ["--no-warnings", script, ...files], {
    cwd: root(),
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 60_000,
  });
  assert.deepEqual(await new Conversation(child).hear(), []);
});

function root(): string {
  return fileURLToPath(new URL("../../", import.meta.url));
}
