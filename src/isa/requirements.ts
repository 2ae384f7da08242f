/** What a program needs from whoever runs it. */

import { type Instruction, slots } from "./instruction.ts";
import type { ConformanceGroup, CpuVersion } from "./opcodes.ts";
import { explain, operationOf } from "./operation.ts";

export interface Requirements {
  /** The smallest `-mcpu` of clang that has all instructions. */
  readonly cpu: CpuVersion;
  /** The first Linux that accepts all instructions, e.g. `5.12`; null when no Linux does. */
  readonly linux: string | null;
  /** RFC 9669 §2.4, without those that another one includes; instructions that are not in the RFC have none. */
  readonly groups: ReadonlySet<ConformanceGroup>;
}

const INCLUDES: Partial<Record<ConformanceGroup, ConformanceGroup>> = {
  base64: "base32",
  atomic64: "atomic32",
  divmul64: "divmul32",
};

/** Throws {@link IsaError} for an instruction that is not well-formed. */
export function requirements(instructions: readonly Instruction[]): Requirements {
  let cpu: CpuVersion = 1;
  let linux: string | null = "3.18";
  const groups = new Set<ConformanceGroup>();
  let slot = 0;
  for (const [index, instruction] of instructions.entries()) {
    const operation = operationOf(instruction);
    if (operation === null) throw explain(instruction, index, slot);
    if (operation.cpu > cpu) cpu = operation.cpu;
    if (linux !== null && operation.since !== linux) linux = operation.since === null ? null : later(linux, operation.since);
    if (operation.group !== null) groups.add(operation.group);
    slot += slots(instruction);
  }
  for (const group of groups) {
    const smaller = INCLUDES[group];
    if (smaller !== undefined) groups.delete(smaller);
  }
  return { cpu, linux, groups };
}

/** The smallest `-mcpu` of clang that has all of these instructions. */
export function cpuVersion(instructions: readonly Instruction[]): CpuVersion {
  return requirements(instructions).cpu;
}

function later(a: string, b: string): string {
  const [major = 0, minor = 0] = a.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split(".").map(Number);
  return (major - otherMajor || minor - otherMinor) >= 0 ? a : b;
}
