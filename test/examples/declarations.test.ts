/** The kernel types that editors and `tsc` see in examples/. When this fails: `skep types examples/*.bpf.ts -o examples/vmlinux.d.ts`. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../examples/", import.meta.url));
const CLI = fileURLToPath(new URL("../../bin/skep.js", import.meta.url));

test("examples/vmlinux.d.ts declares what the examples use of the kernel's types", () => {
  const sources = readdirSync(FOLDER).filter((file) => file.endsWith(".bpf.ts"));
  const printed = execFileSync(process.execPath, ["--no-warnings", CLI, "types", ...sources], { cwd: FOLDER, encoding: "utf8" });
  assert.ok(readFileSync(`${FOLDER}vmlinux.d.ts`, "utf8") === printed, "skep types prints something else by now");
});
