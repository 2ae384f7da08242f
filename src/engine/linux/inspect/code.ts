/**
 * What became of a program: its instructions as the verifier left them (`xlated`), and the machine code that was made of those (`jited`), with the
 * functions and source lines that both came from.
 *
 * Kernels show code to CAP_SYS_ADMIN (programs in hand: CAP_BPF), and the addresses in it only where they show addresses at all
 * (kernel.kptr_restrict, or CAP_SYSLOG).
 */

import type { Btf } from "../../../btf/btf.ts";
import type { Instruction } from "../../../isa/instruction.ts";
import { instructionsOf } from "../../../object/requirements/instructions.ts";
import type { FunctionInfo, LineInfo } from "../../../object/spec.ts";
import { PrivilegeError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { typesIfShown } from "../objects/btf.ts";
import { openObject } from "../objects/by-id.ts";
import { hexadecimal, Info } from "../objects/info.ts";
import { PROGRAM_INFO, PROGRAM_TAG } from "../objects/info-layouts.ts";
import type { KernelSymbols } from "./kernel-symbols.ts";
import { readMap } from "./map-info.ts";
import { ask } from "./program-info.ts";
import { readFunctions, readLines } from "./source.ts";
import { printTranslated, type References } from "./translated.ts";
import type { MachineCode, MachineFunction, TranslatedCode } from "./types.ts";

type ProgramInfo = Info<typeof PROGRAM_INFO>;

/** @returns null when this process may not see the code. @throws PrivilegeError */
export function readTranslated(kernel: Kernel, symbols: KernelSymbols, fd: number): TranslatedCode | null {
  const { counts, types, functions, lines } = readSource(kernel, fd);
  const bytes = new Uint8Array(counts.u32("xlated_prog_len"));
  const filled = new Info(kernel, PROGRAM_INFO).point("xlated_prog_insns", bytes).set("xlated_prog_len", bytes.length);
  ask(kernel, filled, fd);
  if (bytes.length === 0 || !filled.shown("xlated_prog_insns")) return null;
  const instructions = [...instructionsOf(bytes)];
  const references: References = {
    functions,
    jited: counts.u32("jited_prog_len") > 0,
    types,
    mapName: namesOfMaps(kernel),
    symbols,
  };
  const lineAt = new Map(lines.map((line) => [line.slot, line]));
  const functionAt = new Map(functions.map(({ slot, name }) => [slot, name]));
  return {
    bytes,
    functions,
    lines,
    instructions: instructions.map(([slot, instruction]: readonly [number, Instruction]) => ({
      slot,
      instruction,
      text: printTranslated(slot, instruction, references),
      function: functionAt.get(slot) ?? null,
      line: lineAt.get(slot) ?? null,
    })),
  };
}

/** Of maps that the program holds, and that therefore exist. */
function namesOfMaps(kernel: Kernel): (id: number) => string | null {
  const known = new Map<number, string | null>();
  return (id) => {
    let name = known.get(id);
    if (name === undefined) {
      name = mapName(kernel, id);
      known.set(id, name);
    }
    return name;
  };
}

function mapName(kernel: Kernel, id: number): string | null {
  try {
    using descriptor = openObject(kernel, "map", id);
    return descriptor === null ? null : readMap(kernel, descriptor).name || null;
  } catch (error) {
    // By number they are shown to CAP_SYS_ADMIN alone, while who has the program may see its code.
    if (error instanceof PrivilegeError) return null;
    throw error;
  }
}

/** @returns null when there is none, or this process may not see it. @throws PrivilegeError */
export function readMachineCode(kernel: Kernel, fd: number): MachineCode | null {
  const { counts, functions, lines } = readSource(kernel, fd);
  const bytes = new Uint8Array(counts.u32("jited_prog_len"));
  const symbols = new BigUint64Array(counts.u32("nr_jited_ksyms"));
  const lengths = new Uint32Array(counts.u32("nr_jited_func_lens"));
  const addresses = new BigUint64Array(counts.u32("nr_jited_line_info"));
  const tags = new Uint8Array(counts.u32("nr_prog_tags") * TAG_SIZE);
  const filled = new Info(kernel, PROGRAM_INFO)
    .point("jited_prog_insns", bytes)
    .set("jited_prog_len", bytes.length)
    .point("jited_ksyms", new Uint8Array(symbols.buffer))
    .set("nr_jited_ksyms", symbols.length)
    .point("jited_func_lens", new Uint8Array(lengths.buffer))
    .set("nr_jited_func_lens", lengths.length)
    .point("jited_line_info", new Uint8Array(addresses.buffer))
    .set("nr_jited_line_info", addresses.length)
    .set("jited_line_info_rec_size", counts.u32("jited_line_info_rec_size"))
    .point("prog_tags", tags)
    .set("nr_prog_tags", counts.u32("nr_prog_tags"));
  ask(kernel, filled, fd);
  if (bytes.length === 0 || !filled.shown("jited_prog_insns")) return null;
  const name = counts.text("name");
  const all: MachineFunction[] = [];
  let at = 0;
  // One function has no length of its own before 4.18: it is all there is.
  for (const [index, length] of (lengths.length === 0 ? [bytes.length] : [...lengths]).entries()) {
    const address = symbols[index] || null;
    // The main function is known by the tag of all.
    const own = index === 0 ? counts.bytes.subarray(PROGRAM_TAG.offset) : tags.subarray(index * TAG_SIZE);
    const tag = hexadecimal(own.subarray(0, TAG_SIZE));
    const ownName = functions[index]?.name || name;
    all.push({
      name: ownName || `bpf_prog_${tag}`,
      symbol: ownName === "" ? `bpf_prog_${tag}` : `bpf_prog_${tag}_${ownName}`,
      address,
      bytes: bytes.subarray(at, at + length),
      lines: linesWithin(lines, addresses, address, length),
    });
    at += length;
  }
  return { functions: all };
}

const TAG_SIZE = PROGRAM_TAG.size;

/** The n-th line begins at the n-th address. */
function linesWithin(
  lines: readonly LineInfo[],
  addresses: BigUint64Array,
  start: bigint | null,
  length: number,
): MachineFunction["lines"] {
  if (start === null) return [];
  const within: { readonly offset: number; readonly line: LineInfo }[] = [];
  lines.forEach((line, index) => {
    const address = addresses[index];
    const offset = address === undefined ? -1 : Number(address - start);
    if (offset >= 0 && offset < length) within.push({ offset, line });
  });
  return within.sort((a, b) => a.offset - b.offset);
}

interface Source {
  /** How much there is of everything. */
  readonly counts: ProgramInfo;
  readonly types: Btf | null;
  /** In ascending order of `slot`; empty for programs without types. */
  readonly functions: readonly FunctionInfo[];
  readonly lines: readonly LineInfo[];
}

function readSource(kernel: Kernel, fd: number): Source {
  const counts = new Info(kernel, PROGRAM_INFO);
  ask(kernel, counts, fd);
  const btf = counts.u32("btf_id");
  const types = btf === 0 ? null : typesIfShown(kernel, btf);
  if (types === null) return { counts, types, functions: [], lines: [] };
  const functionSize = counts.u32("func_info_rec_size");
  const lineSize = counts.u32("line_info_rec_size");
  const functions = new Uint8Array(counts.u32("nr_func_info") * functionSize);
  const lines = new Uint8Array(counts.u32("nr_line_info") * lineSize);
  const filled = new Info(kernel, PROGRAM_INFO)
    .point("func_info", functions)
    .set("nr_func_info", counts.u32("nr_func_info"))
    .set("func_info_rec_size", functionSize)
    .point("line_info", lines)
    .set("nr_line_info", counts.u32("nr_line_info"))
    .set("line_info_rec_size", lineSize);
  ask(kernel, filled, fd);
  return {
    counts,
    types,
    functions: readFunctions(functions, functionSize, types),
    lines: readLines(lines, lineSize, types),
  };
}
