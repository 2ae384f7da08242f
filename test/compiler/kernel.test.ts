/** What the compiler makes passes the live kernel's verifier: every example, every instruction set version. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { Conversation } from "../kernel/child.ts";
import "../kernel/leaks.ts";

const probe = probeLinux();

const skip = probe.available ? false : probe.reason;
const root = fileURLToPath(new URL("../../", import.meta.url));

/** Programs are loaded from a child process only: a fault of the kernel then ends the child. */
async function inChild(script: string, files: readonly string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["--no-warnings", path, ...files], {
    cwd: root,
    stdio: ["pipe", "pipe", "pipe"],
    timeout: 60_000,
  });
  return new Conversation(child).hear();
}

test("the kernel takes the examples, as every instruction set version", { skip }, async () => {
  const files = ["examples/*.bpf.ts", "test/compiler/programs/*.bpf.ts"].flatMap((pattern) => globSync(pattern, { cwd: root }));
  assert.ok(files.length >= 5);
  assert.deepEqual(await inChild("./load-examples.ts", files), []);
});

test("the kernel computes what the embedded engine does", { skip }, async () => {
  assert.deepEqual(await inChild("./load-rows.ts", []), []);
});

test("the kernel takes a program for each hook and each helper that it has", { skip }, async (t) => {
  const answer = (await inChild("./load-hooks.ts", [])) as {
    readonly loaded: number;
    readonly refused: readonly { readonly title: string; readonly kind: string; readonly problem: string }[];
  };
  assert.deepEqual(
    answer.refused.filter(({ kind }) => kind === "verifier"),
    [],
  );
  for (const { title, problem } of answer.refused) t.diagnostic(`${title}: ${problem}`);
  assert.ok(answer.loaded > 100, `${answer.loaded}`);
});
