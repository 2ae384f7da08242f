/**
 * Types and source lines in the form in which the kernel takes them: BTF with the lines' texts among its strings, and the
 * `bpf_func_info` and `bpf_line_info` records of linux/bpf.h (since 5.0). With them the verifier's log quotes the source, and
 * `bpftool prog dump` shows it beside the instructions.
 */

import { appendStrings } from "../../../btf/append.ts";
import type { LineInfo, ProgramSpec, Spec } from "../../../object/spec.ts";

export const FUNCTION_RECORD = 8;
export const LINE_RECORD = 16;

/** `BPF_LINE_INFO_LINE_NUM` is the upper 22 bits of a u32, the column the lower 10. */
const MOST_LINES = (1 << 22) - 1;
const MOST_COLUMNS = (1 << 10) - 1;

/** A Spec's types, ready to be loaded, with where each text went. */
export interface TypesForKernel {
  readonly btf: Uint8Array;
  /** Offset in BTF's string section. */
  offsetOf(text: string): number;
}

/** Null when the Spec carries no types. */
export function typesForKernel(spec: Spec): TypesForKernel | null {
  if (spec.types === null) return null;
  const texts = new Set<string>();
  for (const program of spec.programs) for (const line of program.lines) texts.add(line.file).add(line.text);
  const list = [...texts];
  const { types, offsets } = appendStrings(spec.types, list);
  const byText = new Map(list.map((text, i) => [text, offsets[i]!]));
  return { btf: types, offsetOf: (text) => byText.get(text) ?? 0 };
}

/** One record a function, or null when a function's type is unknown: the kernel takes all or none. */
export function functionRecords(program: ProgramSpec): Uint8Array | null {
  if (program.functions.length === 0 || program.functions.some((each) => each.type === 0)) return null;
  const records = new Uint8Array(program.functions.length * FUNCTION_RECORD);
  const view = new DataView(records.buffer);
  program.functions.forEach(({ slot, type }, i) => {
    view.setUint32(i * FUNCTION_RECORD, slot, true);
    view.setUint32(i * FUNCTION_RECORD + 4, type, true);
  });
  return records;
}

/** Null when the program has no lines. */
export function lineRecords(program: ProgramSpec, types: TypesForKernel): Uint8Array | null {
  const lines = withFunctionStarts(program);
  if (lines.length === 0) return null;
  const records = new Uint8Array(lines.length * LINE_RECORD);
  const view = new DataView(records.buffer);
  lines.forEach(({ slot, file, line, column, text }, i) => {
    const at = i * LINE_RECORD;
    view.setUint32(at, slot, true);
    view.setUint32(at + 4, types.offsetOf(file), true);
    view.setUint32(at + 8, types.offsetOf(text), true);
    view.setUint32(at + 12, (Math.min(line, MOST_LINES) << 10) | Math.min(column, MOST_COLUMNS), true);
  });
  return records;
}

/**
 * `check_btf_line` demands a line for the first instruction of every function, a fresh one even where the line before still
 * holds. Where a Spec has none, the function's nearest known line stands in.
 */
function withFunctionStarts(program: ProgramSpec): readonly LineInfo[] {
  const first = program.lines[0];
  if (first === undefined) return [];
  const lines = [...program.lines];
  for (const { slot } of program.functions) {
    if (lines.some((line) => line.slot === slot)) continue;
    const nearest = lines.find((line) => line.slot > slot) ?? lines.at(-1) ?? first;
    lines.push({ ...nearest, slot });
  }
  if (lines.every((line) => line.slot !== 0)) lines.push({ ...first, slot: 0 });
  return lines.sort((a, b) => a.slot - b.slot);
}

/** The line that instruction `slot` comes from, or null. */
export function lineAt(program: ProgramSpec, slot: number): LineInfo | null {
  return program.lines.findLast((line) => line.slot <= slot) ?? null;
}
