/**
 * Types and source lines in the form in which the kernel takes them: BTF with the lines' texts among its strings, and the
 * `bpf_func_info` and `bpf_line_info` records of linux/bpf.h (since 5.0). With them the verifier's log quotes the source, and
 * `bpftool prog dump` shows it beside the instructions.
 */

import { appendStrings } from "../../../btf/append.ts";
import { type Btf, openBtf } from "../../../btf/btf.ts";
import type { LineInfo, ProgramSpec, Spec } from "../../../object/spec.ts";
import { FeatureError } from "../../errors.ts";
import { withoutExtern } from "./extern-functions.ts";

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
  /** Whether a function of that name is named by a program's tag `exception_callback:`. Since 6.7. */
  takesExceptions(name: string): boolean;
  /** The functions that a program's tags of that kind name: one, if it is to be loaded. */
  callbacksOf(program: string): readonly string[];
  /** Whether the function with that type is seen by other objects; true when its type is not known. */
  isGlobal(type: number): boolean;
}

/** Null when the Spec carries no types. */
export function typesForKernel(spec: Spec): TypesForKernel | null {
  if (spec.types === null) return null;
  const texts = new Set<string>();
  for (const program of spec.programs) for (const line of program.lines) texts.add(line.file).add(line.text);
  const list = [...texts];
  const { types, offsets } = appendStrings(spec.types, list);
  const byText = new Map(list.map((text, i) => [text, offsets[i]!]));
  const btf = openBtf(spec.types);
  const callbacks = exceptionCallbacks(btf);
  const named = new Set([...callbacks.values()].flat());
  return {
    btf: withoutExtern(types),
    offsetOf: (text) => byText.get(text) ?? 0,
    takesExceptions: (name) => named.has(name),
    callbacksOf: (program) => callbacks.get(program) ?? [],
    isGlobal(type) {
      const found = type === 0 ? null : btf.type(type);
      return found?.kind !== "function" || found.linkage !== "static";
    },
  };
}

const EXCEPTION_CALLBACK = "exception_callback:";

/** By program. */
function exceptionCallbacks(btf: Btf): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const id of btf.ids("declTag")) {
    const tag = btf.name(id);
    if (!tag.startsWith(EXCEPTION_CALLBACK)) continue;
    const type = btf.type(id);
    const program = type.kind === "declTag" ? btf.name(type.type) : "";
    found.set(program, [...(found.get(program) ?? []), tag.slice(EXCEPTION_CALLBACK.length)]);
  }
  return found;
}

/**
 * Whether what is to take a program's exceptions is among its functions. Of several, the kernel says that they are several.
 * @throws FeatureError
 */
export function checkCallbacks(programs: readonly ProgramSpec[], types: TypesForKernel): void {
  for (const { name, functions } of programs) {
    const [callback, another] = types.callbacksOf(name);
    if (
      callback === undefined ||
      another !== undefined ||
      functions.some((each) => each.name === callback && types.isGlobal(each.type))
    )
      continue;
    throw new FeatureError(
      "exception callback",
      "6.7",
      `program ${name}: there is no global function ${JSON.stringify(callback)} to take its exceptions (__exception_cb); it must neither be static nor hidden`,
    );
  }
}

/**
 * One record a function. Null when a function's type is unknown, or the Spec does not name exactly the functions that the code
 * calls: the kernel takes all or none, and would refuse a program that runs well without.
 */
export function functionRecords(program: ProgramSpec, types: TypesForKernel | null = null): Uint8Array | null {
  const starts = new Set(functionStarts(program.code));
  // What takes exceptions is called by nobody; a tag of the program says that it does.
  for (const { slot, name } of program.functions) if (types?.takesExceptions(name) === true) starts.add(slot);
  if (program.functions.length !== starts.size || program.functions.some(({ slot, type }) => type === 0 || !starts.has(slot)))
    return null;
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
  for (const slot of functionStarts(program.code)) {
    if (lines.some((line) => line.slot === slot)) continue;
    const nearest = lines.find((line) => line.slot > slot) ?? lines.at(-1) ?? first;
    lines.push({ ...nearest, slot });
  }
  if (lines.every((line) => line.slot !== 0)) lines.push({ ...first, slot: 0 });
  return lines.sort((a, b) => a.slot - b.slot);
}

/** Slots where functions begin, as the kernel finds them (`add_subprog_and_kfunc`): the first, and whatever is called or passed on. */
function functionStarts(code: Uint8Array): ReadonlySet<number> {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const starts = new Set([0]);
  for (let slot = 0; slot * 8 < code.length; slot++) {
    const opcode = view.getUint8(slot * 8);
    const source = view.getUint8(slot * 8 + 1) >> 4;
    const localCall = opcode === CALL && source === PSEUDO_CALL;
    const reference = opcode === WIDE_LOAD && source === PSEUDO_FUNCTION;
    if (localCall || reference) starts.add(slot + view.getInt32(slot * 8 + 4, true) + 1);
    if (opcode === WIDE_LOAD) slot++;
  }
  return starts;
}

const CALL = 0x85;
const PSEUDO_CALL = 1;
const WIDE_LOAD = 0x18;
const PSEUDO_FUNCTION = 4;
