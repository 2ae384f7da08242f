/** Machine code as instructions, by what this machine has for it: objdump (binutils) or llvm-mc. Skep has no disassembler of its own. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CliError, EXIT } from "../exit.ts";

export type Disassembler = (code: Uint8Array, address: bigint) => readonly { readonly offset: number; readonly text: string }[];

/** objdump's and llvm-mc's names, by `process.arch`. */
const MACHINES: Readonly<Record<string, readonly [objdump: string, llvm: string]>> = {
  x64: ["i386:x86-64", "x86-64"],
  arm64: ["aarch64", "aarch64"],
  riscv64: ["riscv:rv64", "riscv64"],
  loong64: ["loongarch64", "loongarch64"],
};

/** @throws CliError (feature) when there is neither */
export function findDisassembler(arch: string = process.arch): Disassembler {
  const [objdump, llvm] = MACHINES[arch] ?? [];
  if (objdump !== undefined && works("objdump", objdump)) return (code, address) => byObjdump(code, address, objdump);
  if (llvm !== undefined && works("llvm-mc", llvm)) return (code) => byLlvm(code, llvm);
  throw new CliError(
    EXIT.feature,
    "--disassemble needs objdump (Debian: binutils) or llvm-mc (Debian: llvm) for this processor; without it, --code jited shows the bytes",
  );
}

/** An objdump of another processor's binutils knows its own machines alone. */
function works(tool: string, machine: string): boolean {
  const args = tool === "objdump" ? ["--info"] : [`--arch=${machine}`, "--disassemble"];
  const { status, stdout } = spawnSync(tool, args, { input: "", encoding: "utf8" });
  return status === 0 && (tool === "llvm-mc" || stdout.includes(machine.split(":")[0] ?? machine));
}

function byObjdump(code: Uint8Array, address: bigint, machine: string): ReturnType<Disassembler> {
  const folder = mkdtempSync(join(tmpdir(), "skep-code-"));
  try {
    const file = join(folder, "code");
    writeFileSync(file, code);
    const at = `--adjust-vma=0x${address.toString(16)}`;
    const { status, stdout, stderr } = spawnSync(
      "objdump",
      ["--disassemble-all", "--target=binary", `--architecture=${machine}`, "--no-show-raw-insn", at, file],
      { encoding: "utf8", maxBuffer: 1 << 28 },
    );
    if (status !== 0) throw new CliError(EXIT.feature, `objdump: ${stderr.trim()}`);
    // `ffffffffc0001000:\tpush   %rbp`
    return [...stdout.matchAll(/^\s*([0-9a-f]+):\t(.*)$/gm)].map(([, place = "0", text = ""]) => ({
      offset: Number(BigInt(`0x${place}`) - address),
      text: text.trim().replace(/\s+/g, " "),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** llvm-mc reads numbers and does not say how long an instruction was, but in its encoding behind it. */
function byLlvm(code: Uint8Array, machine: string): ReturnType<Disassembler> {
  const input = [...code].map((byte) => `0x${byte.toString(16)}`).join(" ");
  const { stdout } = spawnSync("llvm-mc", [`--arch=${machine}`, "--disassemble", "--show-encoding"], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  let offset = 0;
  return [...stdout.matchAll(/^\t(?!\.)(.*?)\s*(?:#|\/\/) encoding: \[(.*)\]$/gm)].map(([, text = "", encoding = ""]) => {
    const row = { offset, text: text.replace(/\s+/g, " ") };
    offset += encoding.split(",").length;
    return row;
  });
}
