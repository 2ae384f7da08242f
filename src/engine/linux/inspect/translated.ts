/**
 * Instructions as the kernel has them, as text: its own notation, with names in the place of what loading put in (`bpf_insn_prepare_dump` of
 * kernel/bpf/syscall.c): numbers of maps, distances of kernel functions from `__bpf_call_base`, numbers of the program's own functions.
 */

import type { Btf } from "../../../btf/btf.ts";
import { type Instruction, LD_IMM64, wideValue } from "../../../isa/instruction.ts";
import { print } from "../../../isa/print.ts";
import type { FunctionInfo } from "../../../object/spec.ts";
import { helperName } from "../../../uapi/helpers.ts";
import type { KernelSymbols } from "./kernel-symbols.ts";

export interface References {
  readonly functions: readonly FunctionInfo[];
  /** Calls between functions of a program are numbered when it was made machine code, and distances otherwise. */
  readonly jited: boolean;
  readonly types: Btf | null;
  /** Null when it has none, or cannot be had. */
  mapName(id: number): string | null;
  readonly symbols: KernelSymbols;
}

const CALL = 0x85;
/** `BPF_PSEUDO_CALL` of calls; `BPF_PSEUDO_MAP_FD`, `BPF_PSEUDO_MAP_VALUE`, `BPF_PSEUDO_FUNC` of wide loads. */
const PSEUDO_CALL = 1;
const PSEUDO_MAP = 1;
const PSEUDO_MAP_VALUE = 2;
const PSEUDO_FUNCTION = 4;
/** Addresses of the kernel are in the upper half, on every architecture. */
const KERNEL_HALF = 1n << 63n;

export function printTranslated(slot: number, instruction: Instruction, references: References): string {
  const { opcode } = instruction;
  if (opcode === CALL) return printCall(slot, instruction, references);
  if (opcode === LD_IMM64) return printWide(slot, instruction, references);
  return print(instruction, { translated: true });
}

function printCall(slot: number, { src, offset, imm }: Instruction, references: References): string {
  const { symbols, functions, jited } = references;
  if (src === PSEUDO_CALL) {
    // The distance is cut to 16 bits; the number, where it is one, is whole.
    const target = jited && functions.length > imm ? functions[imm] : undefined;
    const distance = target === undefined ? offset : target.slot - slot - 1;
    const name = target?.name ?? functions.find((each) => each.slot === slot + 1 + distance)?.name;
    return `call pc${signed(distance)}${name === undefined ? "" : ` ${name}`}`;
  }
  if (imm === 0) return "call hidden";
  const base = symbols.addressOf("__bpf_call_base");
  const name = base === 0n ? null : symbols.nameAt(BigInt.asUintN(64, base + BigInt(imm)));
  // What no JIT replaced is called by its number still: tail calls.
  return `call ${name ?? (imm > 0 && imm < MOST_HELPERS ? helperName(imm) : null) ?? `unknown#${imm}`}`;
}

/** More numbers of helpers than there will ever be, and less than the distance of the first kernel function. */
const MOST_HELPERS = 1024;

function printWide(slot: number, instruction: Instruction, references: References): string {
  const { dst, src, imm, high } = instruction;
  const map = () => `map ${references.mapName(imm) ?? "?"} (id ${imm})`;
  switch (src) {
    case PSEUDO_MAP:
      return `r${dst} = ${map()}`;
    case PSEUDO_MAP_VALUE:
      return `r${dst} = ${map()}[0]+${high >>> 0}`;
    case PSEUDO_FUNCTION: {
      const name = references.functions.find((each) => each.slot === slot + 1 + imm)?.name;
      return `r${dst} = subprog[${signed(imm)}]${name === undefined ? "" : ` ${name}`}`;
    }
    default: {
      const value = wideValue(instruction);
      const name = value < KERNEL_HALF ? null : references.symbols.nameAt(value);
      const text = print({ ...instruction, src: 0 });
      return name === null ? text : `${text} (${name})`;
    }
  }
}

const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`);
