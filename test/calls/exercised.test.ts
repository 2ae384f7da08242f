/**
 * Never a quiet zero: whatever a program may call here, some test calls. A test that assembles a program names the helper in its text; one
 * that runs an object has it in the object's code.
 */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { KFUNC_BASE } from "../../src/engine/embedded/helpers/helper.ts";
import { loadKind, PROGRAM_TYPES } from "../../src/engine/embedded/programs/kinds.ts";
import { decode } from "../../src/isa/decode.ts";
import { readObject } from "../../src/object/read.ts";
import { helperName } from "../../src/uapi/helpers.ts";

const ROOT = join(import.meta.dirname, "../..");
const files = (pattern: string): string[] => globSync(pattern, { cwd: ROOT, exclude: ["node_modules/**"] });

/** Objects that tests run, not only read. */
const OBJECTS = ["test/calls/objects/*.o", "test/events/fixtures/*.o", "test/kernel/**/*.o", "test/room/**/*.o"];

/** Names in the text of tests and of what they run. */
function named(): Set<string> {
  const found = new Set<string>();
  const texts = [
    "src/engine/embedded/**/*.test.ts",
    "src/testkit/**/*.test.ts",
    "test/{calls,contract,events,jit,kernel,maps,room,threads}/**/*.ts",
    "test/kernel/same-bytes/fixtures/*.c",
  ];
  for (const file of texts.flatMap(files))
    for (const [name] of readFileSync(join(ROOT, file), "utf8").matchAll(/\bbpf_\w+/g)) found.add(name);
  return found;
}

/** What the code of objects calls. */
function called(): Set<string> {
  const found = new Set<string>();
  for (const file of OBJECTS.flatMap(files)) {
    const spec = readObject(new Uint8Array(readFileSync(join(ROOT, file))), { name: file });
    for (const extern of spec.externs ?? []) found.add(extern.name);
    for (const { code } of spec.programs)
      for (const { opcode, src, imm } of decode(code)) if (opcode === 0x85 && src === 0) found.add(helperName(imm) ?? "");
  }
  return found;
}

test("every helper and kernel function that a program may call is called by a test", async () => {
  const tried = new Set([...named(), ...called()]);
  const untried = new Map<string, string[]>();
  for (const type of PROGRAM_TYPES) {
    const kind = await loadKind(type);
    for (const helper of kind!.helpers) {
      if (helper === undefined || !helper.name.startsWith("bpf_") || tried.has(helper.name)) continue;
      const row = `${helper.name}${helper.id >= KFUNC_BASE ? " (kfunc)" : ""}`;
      untried.set(row, [...(untried.get(row) ?? []), type]);
    }
  }
  assert.deepEqual(Object.fromEntries(untried), {});
});
