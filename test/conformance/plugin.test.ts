/** The conformance plugin speaks the suite's protocol. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assemble } from "../../src/isa/assemble.ts";
import { encode } from "../../src/isa/encode.ts";

const PLUGIN = fileURLToPath(new URL("plugin.ts", import.meta.url));
// As the suite's runner prints bytes: with two spaces.
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("  ");
const plugin = (program: string, ...args: string[]) =>
  spawnSync(process.execPath, [PLUGIN, ...args], { input: `${program}\n`, encoding: "utf8" });

for (const { what, args, text, stdout } of [
  { what: "r0 in hexadecimal", args: [], text: "r0 = 42\nexit", stdout: "2a" },
  { what: "all 64 bits of it", args: [], text: "r0 = -1\nexit", stdout: "ffffffffffffffff" },
  { what: "memory as first argument", args: ["01 02 03 04 "], text: "r0 = *(u32 *)(r1 + 0)\nexit", stdout: "4030201" },
  { what: "memory without spaces", args: ["aabb"], text: "r0 = *(u8 *)(r1 + 1)\nexit", stdout: "bb" },
  { what: "empty memory and options", args: ["", "--interpret", ""], text: "r0 = r2\nexit", stdout: "0" },
  { what: "the suite's helpers", args: [], text: "r1 = 0x42\ncall 5\nexit", stdout: "42" },
]) {
  test(`plugin: ${what}`, () => {
    const result = plugin(hex(encode(assemble(text))), ...args);
    assert.deepEqual({ status: result.status, stdout: result.stdout.trim() }, { status: 0, stdout });
  });
}

for (const { what, program, args, stderr } of [
  { what: "a reserved field that is not zero", program: "95 00 00 00 01 00 00 00", args: [], stderr: /imm/ },
  {
    what: "an access that is not allowed",
    program: hex(encode(assemble("r0 = *(u8 *)(r1 + 0)\nexit"))),
    args: [],
    stderr: /null/,
  },
  { what: "an endless loop", program: hex(encode(assemble("top:\ngoto top\nexit"))), args: ["--fuel", "100"], stderr: /stopped/ },
  {
    what: "fuel that is no number",
    program: "95 00 00 00 00 00 00 00",
    args: ["--fuel", "much"],
    stderr: /fuel: expected a whole/,
  },
  { what: "no exit", program: "b7 00 00 00 01 00 00 00", args: [], stderr: /runs past its end/ },
  { what: "half an instruction", program: "95 00 00 00", args: [], stderr: /multiple of 8 bytes/ },
  { what: "no program at all", program: "", args: [], stderr: /at least one instruction/ },
  { what: "what is no program", program: "hello", args: [], stderr: /hexadecimal/ },
  { what: "an object file", program: "", args: ["--elf"], stderr: /elf/ },
]) {
  test(`plugin: refuses ${what}`, () => {
    const result = plugin(program, ...args);
    assert.equal(result.status, 1);
    assert.match(result.stderr, stderr);
    assert.equal(result.stdout, "");
  });
}
