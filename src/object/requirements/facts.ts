/**
 * What is known beforehand about values in a program: what CO-RE and loaders put there. Against no kernel in particular
 * these are questions to the kernel; against one, answers.
 */

import type { Btf } from "../../btf/btf.ts";
import type { KernelVersion } from "../../uapi/since.ts";
import type { CoreReport } from "../core/relocate.ts";
import { essentialName } from "../core/types.ts";
import type { ExternSpec, KconfigExtern, KsymExtern, ProgramSpec, Spec } from "../spec.ts";
import type { FlowOptions } from "./flow.ts";
import type { KnownMemory, Value } from "./values.ts";
import { versionCode } from "./version.ts";

/** What is known of the kernel that shall run a program. */
export interface KernelFacts {
  /** Its types, and those of its modules. */
  readonly btf?: readonly Btf[];
  readonly version?: KernelVersion;
  /** What becomes of the programs' relocations with these types. */
  readonly relocations?: readonly CoreReport[];
}

const LD_IMM64 = 0x18;
const KSYM_ADDRESS = 0xffffffff81000000n;

/** What instructions of a program give; for `followCode`. */
export function knownValues(spec: Spec, program: ProgramSpec, facts: KernelFacts): FlowOptions["known"] {
  const values = new Map<number, Value>();
  for (const { slot } of program.core ?? []) if (holdsValue(program, slot)) values.set(slot, "kernel");
  for (const { program: name, slot, after } of facts.relocations ?? []) {
    if (name === program.name && after !== null && holdsValue(program, slot)) values.set(slot, BigInt.asUintN(64, after));
  }
  const kconfig = new Map<string, KnownMemory>();
  for (const extern of spec.externs ?? []) {
    if (extern.kind === "kconfig" && !kconfig.has(extern.map)) kconfig.set(extern.map, kconfigMemory(spec, extern.map, facts));
  }
  for (const { slot, kind, map, offset } of program.relocations) {
    const memory = kconfig.get(map);
    if (memory !== undefined && kind === "map-value") values.set(slot, { ...memory, offset: BigInt(offset) });
  }
  const externs = new Map((spec.externs ?? []).map((extern) => [extern.name, extern]));
  for (const { slot, kind, name } of program.externs ?? []) {
    if (kind === "address") values.set(slot, addressOf(externs.get(name), facts));
  }
  return (slot) => values.get(slot);
}

/** Of CO-RE: whether the instruction puts the relocated number into a register, rather than moving memory. */
function holdsValue(program: ProgramSpec, slot: number): boolean {
  const opcode = program.code[slot * 8] ?? 0;
  return opcode === LD_IMM64 || (opcode & 7) === 4 || (opcode & 7) === 7;
}

function kconfigMemory(spec: Spec, map: string, { version }: KernelFacts): KnownMemory {
  const externs = (spec.externs ?? []).filter(
    (extern): extern is KconfigExtern => extern.kind === "kconfig" && extern.map === map,
  );
  const code = version === undefined ? null : BigInt(versionCode(version));
  return {
    kind: "memory",
    offset: 0n,
    read(offset, size) {
      const extern = externs.find((one) => offset >= one.offset && offset < one.offset + one.size);
      if (code === null || extern?.name !== "LINUX_KERNEL_VERSION" || extern.offset !== offset) return "kernel";
      return BigInt.asUintN(size * 8, code);
    },
  };
}

function addressOf(extern: ExternSpec | undefined, facts: KernelFacts): Value {
  if (extern === undefined || extern.kind === "kconfig" || extern.kind === "unlinked") return "any";
  if (!extern.weak) return KSYM_ADDRESS;
  if (facts.btf === undefined || extern.type === 0) return "kernel";
  return findExtern(extern, facts.btf) === null ? 0n : KSYM_ADDRESS;
}

/**
 * Where the kernel has a function or variable: the index of the BTF. Null: nowhere. Those without a type are not in BTF at
 * all, but in /proc/kallsyms.
 */
export function findExtern(extern: KsymExtern, btfs: readonly Btf[]): number | null {
  const name = essentialName(extern.name);
  const index = btfs.findIndex((btf) => btf.find(name, extern.kind === "kfunc" ? "function" : "variable") !== undefined);
  return index < 0 ? null : index;
}
