/** Machine code as instructions, by each of the tools that can be there: where they begin, and what they are. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findDisassembler } from "./disassemble.ts";

/** push %rbp; mov %rsp,%rbp; call +0x10; leave; ret */
const CODE = Uint8Array.of(0x55, 0x48, 0x89, 0xe5, 0xe8, 0x10, 0, 0, 0, 0xc9, 0xc3);
const ADDRESS = 0xffff_ffff_c000_1000n;

/** With nothing on the path but what is named. */
function withTools<Result>(tools: readonly string[], work: () => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "skep-tools-"));
  const path = process.env["PATH"];
  try {
    for (const tool of tools) symlinkSync(where(tool), join(folder, tool));
    process.env["PATH"] = folder;
    return work();
  } finally {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  }
}

const where = (tool: string): string => spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
const lacks = (tool: string): string | false => (where(tool) === "" ? `no ${tool}` : false);

describe("machine code", () => {
  test("by objdump", { skip: lacks("objdump") }, () => {
    const rows = withTools(["objdump"], () => findDisassembler("x64")(CODE, ADDRESS));
    assert.deepEqual(
      rows.map(({ offset, text }) => [offset, text.trim()]),
      [
        [0, "push %rbp"],
        [1, "mov %rsp,%rbp"],
        // To where it leads, not how far.
        [4, "call 0xffffffffc0001019"],
        [9, "leave"],
        [10, "ret"],
      ],
    );
  });

  test("by llvm-mc", { skip: lacks("llvm-mc") }, () => {
    const rows = withTools(["llvm-mc"], () => findDisassembler("x64")(CODE, ADDRESS));
    assert.deepEqual(
      rows.map(({ offset, text }) => [offset, text.replace(/\s.*/, "")]),
      [
        [0, "pushq"],
        [1, "movq"],
        [4, "callq"],
        [9, "leave"],
        [10, "retq"],
      ],
    );
  });

  test("by nothing", () => {
    const message = /^--disassemble needs objdump \(Debian: binutils\) or llvm-mc \(Debian: llvm\)/;
    assert.throws(() => withTools([], () => findDisassembler("x64")), { name: "CliError", message });
    assert.throws(() => findDisassembler("mips"), { name: "CliError", message });
  });
});
