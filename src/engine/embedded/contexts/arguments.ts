/**
 * Contexts that are arguments, a u64 each: of raw tracepoints (`struct bpf_raw_tracepoint_args`), of typed ones, of functions
 * (fentry, fexit, fmod_ret) and of LSM hooks. `{ args: [1, 2], ret: 0 }` makes one; a program reads `ctx[0]`, `ctx[1]` and, where the
 * function has returned, `ctx[2]`.
 */

import type { ContextInput, ContextValue } from "../../engine.ts";
import {
  type ContextArea,
  type ContextLayout,
  copyBytes,
  describe,
  type PlacedContext,
  unknownField,
  writeWord,
} from "./event-context.ts";

/** MAX_BPF_FUNC_ARGS, which bounds what programs may read: arguments that an event does not have are 0. */
const MOST_ARGUMENTS = 12;
const WORD = 8;

/** Arguments of an input, which is no bytes. @throws RangeError */
export function argumentsOf(input: Exclude<ContextInput, Uint8Array>): readonly ContextValue[] {
  const { args = [] } = input;
  if (!Array.isArray(args) || args.length > MOST_ARGUMENTS)
    throw new RangeError(`args: expected at most ${MOST_ARGUMENTS} of them in an array, found ${describe(args)}`);
  return args as readonly ContextValue[];
}

/** @param buffers whether an argument may be bytes, which the program may write: `raw_tracepoint_writable`. */
export function argumentsLayout(buffers: boolean): ContextLayout {
  const start = MOST_ARGUMENTS * WORD + WORD;
  return {
    writable: false,
    capacity(input) {
      if (input instanceof Uint8Array) return Math.max(input.length, start);
      return argumentsOf(input).reduce<number>((size, value) => size + (value instanceof Uint8Array ? value.length : 0), start);
    },
    write(input, area) {
      if (input instanceof Uint8Array) return { ...copyBytes(input, area), size: Math.max(input.length, start - WORD) };
      for (const name of Object.keys(input)) {
        if (name !== "args" && name !== "ret") throw unknownField(name, ["args", "ret"], "the context");
      }
      return writeArguments(argumentsOf(input), input["ret"], area, buffers ? area.start + start : null);
    },
  };
}

function writeArguments(
  args: readonly ContextValue[],
  result: ContextValue | undefined,
  { view, bytes, start }: ContextArea,
  bufferStart: number | null,
): PlacedContext {
  let buffer: PlacedContext["buffer"] = null;
  args.forEach((value, index) => {
    const at = start + index * WORD;
    if (!(value instanceof Uint8Array)) {
      writeWord(view, at, value, `args[${index}]`);
      return;
    }
    if (bufferStart === null || buffer !== null)
      throw new RangeError(
        `args[${index}]: expected a number or an object, found bytes; the first argument of a writable raw tracepoint may be bytes`,
      );
    bytes.set(value, bufferStart);
    buffer = { start: bufferStart, size: value.length };
    view.setUint32(at, bufferStart, true);
  });
  if (result !== undefined) writeWord(view, start + args.length * WORD, result, "ret");
  return { size: (MOST_ARGUMENTS + (result === undefined ? 0 : 1)) * WORD, buffer };
}
