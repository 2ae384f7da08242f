/** LLVM's disassembler as an oracle: what it says of our bytes must assemble to the same bytes. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assemble } from "./assemble.ts";
import { encode } from "./encode.ts";
import { instructionOf, toHex } from "./fixtures/instructions.ts";
import { OPERATIONS, type Operation } from "./opcodes.ts";

const LLVM = "llvm-mc-19";
const found = spawnSync(LLVM, ["--version"]).status === 0;

/** What LLVM 19 does not know, or writes so that something is lost. */
function isReadable(row: Operation): boolean {
  switch (row.kind) {
    case "load-acquire":
    case "store-release":
      return false; // Since LLVM 21.
    case "packet-indirect":
      return false; // Prints `skb[r2]` without the immediate.
    case "call-kfunc":
    case "call-local":
      return false; // Prints all calls as `call 7`.
    case "wide":
      return row.loads === "imm"; // The others are `ld_pseudo r1, 1, 3`.
    case "call-helper": // Negative numbers look like calls of local functions.
      return false;
    default:
      return true;
  }
}

describe("LLVM 19", { skip: found ? false : `${LLVM} is not installed (Debian: llvm-19)` }, () => {
  it("disassembles every instruction to text that assembles to the same bytes", () => {
    const rows = OPERATIONS.filter(isReadable);
    const instructions = rows.flatMap((row) => fc.sample(instructionOf(row), { numRuns: 20, seed: 9669 }));
    const hex = instructions.map((instruction) => toHex(encode([instruction])));
    const input = hex.map((code) => code.replace(/../g, "0x$& ")).join("\n");
    const { stdout, stderr } = spawnSync(LLVM, ["-triple", "bpfel", "-mcpu=v4", "--disassemble"], { input, encoding: "utf8" });
    assert.equal(stderr, "");
    const lines = stdout.split("\n").filter((line) => line.trim() !== "" && !line.includes(".text"));
    assert.equal(lines.length, instructions.length);
    for (const [index, line] of lines.entries()) {
      assert.equal(toHex(encode(assemble(line))), hex[index], line);
    }
  });
});
