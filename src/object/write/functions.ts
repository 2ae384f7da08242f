/**
 * Takes programs apart: a Spec's program carries its subprograms, an object has each subprogram once, in `.text`, for all
 * programs that call it.
 */

import type { FunctionInfo, ProgramSpec } from "../spec.ts";
import { WriteError } from "./errors.ts";

const CALL = 0x85;
const LOAD_WIDE = 0x18;
const PSEUDO_CALL = 1;
const PSEUDO_FUNCTION = 4;

/** A function of a program. */
export interface PartFunction {
  readonly program: ProgramSpec;
  readonly info: FunctionInfo;
  /** Slots of the program: from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
  /** Where it refers to other functions, with their number in `SplitPrograms.functions`. */
  readonly calls: readonly { readonly slot: number; readonly callee: number }[];
  /** The program itself, not a subprogram. */
  readonly isMain: boolean;
}

export interface SplitPrograms {
  readonly functions: readonly PartFunction[];
  /** Function → the first function that is the same. */
  readonly same: Int32Array;
}

/** @throws WriteError when the functions of a program do not cover it, or a call leads to none of them. */
export function splitPrograms(programs: readonly ProgramSpec[]): SplitPrograms {
  const functions = programs.flatMap(split);
  // Numbers of callees are within the program so far.
  let base = 0;
  let at = 0;
  const numbered = functions.map((each): PartFunction => {
    if (each.isMain) base = at;
    at++;
    const first = base;
    return { ...each, calls: each.calls.map(({ slot, callee }) => ({ slot, callee: first + callee })) };
  });
  return { functions: numbered, same: findSame(numbered) };
}

function split(program: ProgramSpec): PartFunction[] {
  const slots = program.code.length / 8;
  const infos = program.functions.length > 0 ? program.functions : [{ slot: 0, name: program.name, type: 0 }];
  if (infos[0]!.slot !== 0 || !Number.isInteger(slots)) {
    throw new WriteError("expected whole instructions, the program's own function first", { program: program.name });
  }
  const starts = new Map(infos.map(({ slot }, index) => [slot, index]));
  return infos.map((info, index) => {
    const end = infos[index + 1]?.slot ?? slots;
    if (!(info.slot < end && end <= slots)) {
      throw new WriteError(
        `expected functions in order within ${slots} instructions, found ${JSON.stringify(info.name)} from ${info.slot} to ${end}`,
        {
          program: program.name,
        },
      );
    }
    return { program, info, start: info.slot, end, calls: callsOf(program, info.slot, end, starts), isMain: index === 0 };
  });
}

function callsOf(
  program: ProgramSpec,
  start: number,
  end: number,
  starts: ReadonlyMap<number, number>,
): { slot: number; callee: number }[] {
  const view = new DataView(program.code.buffer, program.code.byteOffset, program.code.byteLength);
  const calls: { slot: number; callee: number }[] = [];
  for (let slot = start; slot < end; slot++) {
    const opcode = view.getUint8(slot * 8);
    const source = view.getUint8(slot * 8 + 1) >>> 4;
    if ((opcode === CALL && source === PSEUDO_CALL) || (opcode === LOAD_WIDE && source === PSEUDO_FUNCTION)) {
      const target = slot + 1 + view.getInt32(slot * 8 + 4, true);
      const callee = starts.get(target);
      if (callee === undefined) {
        throw new WriteError(`expected a call of one of the program's functions, found one of instruction ${target}`, {
          program: program.name,
          slot,
        });
      }
      calls.push({ slot, callee });
    }
    if (opcode === LOAD_WIDE) slot++;
  }
  return calls;
}

/**
 * Which subprograms are the same: code and all that belongs to it, and what they call is the same. Found as one minimises
 * an automaton: take all that look alike for the same, and tell apart those whose callees turn out to differ, until none do.
 */
function findSame(functions: readonly PartFunction[]): Int32Array {
  const texts = functions.map((each, index) => (each.isMain ? `main ${index}` : describe(each)));
  let { classes, count } = classify(texts);
  for (;;) {
    const refined = classify(
      functions.map(({ calls }, index) => `${classes[index]} ${calls.map(({ callee }) => classes[callee]).join()}`),
    );
    if (refined.count === count) break;
    ({ classes, count } = refined);
  }
  const first = new Int32Array(count).fill(-1);
  return classes.map((each, index) => {
    if (first[each] === -1) first[each] = index;
    return first[each]!;
  });
}

function classify(texts: readonly string[]): { classes: Int32Array; count: number } {
  const known = new Map<string, number>();
  const classes = new Int32Array(texts.length);
  texts.forEach((text, index) => {
    let number = known.get(text);
    if (number === undefined) known.set(text, (number = known.size));
    classes[index] = number;
  });
  return { classes, count: known.size };
}

function describe({ program, info, start, end, calls }: PartFunction): string {
  const code = new Uint8Array(program.code.subarray(start * 8, end * 8));
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (const { slot } of calls) view.setInt32((slot - start) * 8 + 4, 0, true);
  const own = <Item extends { readonly slot: number }>(items: readonly Item[] = []): Item[] =>
    within(items, start, end).map((item) => ({ ...item, slot: item.slot - start }));
  let text = "";
  for (const byte of code) text += String.fromCharCode(byte);
  return JSON.stringify([
    info.name,
    info.type,
    text,
    own(program.relocations),
    own(program.externs),
    own(program.core),
    own(program.lines),
  ]);
}

/** The items of a list in ascending order of slot that lie from `start` to before `end`. */
export function within<Item extends { readonly slot: number }>(
  items: readonly Item[],
  start: number,
  end: number,
): readonly Item[] {
  return items.slice(lowerBound(items, start), lowerBound(items, end));
}

function lowerBound(items: readonly { readonly slot: number }[], slot: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle]!.slot < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
