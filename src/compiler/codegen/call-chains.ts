/**
 * What calls share: the 512 bytes of stack, and eight frames. Frames of a chain of calls lie behind each other, each rounded up to 32 bytes;
 * since Linux 6.9 a kernel with a JIT rounds to 16 only. A function that a helper calls back stands on its caller's frame as
 * if that had called it; what a timer or a work queue calls later stands on none.
 */

import type { IrFunction } from "../ir/ir.ts";
import { CodegenError, FrameError, type FrameUse } from "./errors.ts";
import { FRAME_LIMIT } from "./frame.ts";
import type { CompiledFunction } from "./link.ts";

/** `MAX_CALL_FRAMES` of linux/bpf_verifier.h. */
const MOST_FRAMES = 8;
const ROUNDING = 32;

/** What keeps a function for later. */
const LATER: ReadonlySet<string> = new Set(["bpf_timer_set_callback", "bpf_wq_set_callback_impl"]);

interface Chain {
  /** Bytes, and functions from the first of the chain to its last. */
  readonly bytes: number;
  readonly functions: readonly CompiledFunction[];
}

/**
 * `functions` and `compiled` go together; the first is the program.
 * @throws CodegenError when calls go round or too deep; FrameError when the frames of a chain do not fit.
 */
export function checkCalls(functions: readonly IrFunction[], compiled: readonly CompiledFunction[]): void {
  if (functions.length < 2) return;
  const callees = new Map<string, ReadonlySet<string>>();
  const roots = new Set([functions[0]!.name]);
  for (const fn of functions) {
    const { now, later } = calleesOf(fn);
    callees.set(fn.name, now);
    for (const name of later) roots.add(name);
  }
  const byName = new Map(compiled.map((fn) => [fn.name, fn]));
  const deepest = new Map<string, { stack: Chain; calls: Chain }>();
  const open: string[] = [];

  const visit = (name: string): { stack: Chain; calls: Chain } => {
    const known = deepest.get(name);
    if (known !== undefined) return known;
    if (open.includes(name)) {
      const round = [...open.slice(open.indexOf(name)), name];
      throw new CodegenError(name, `calls go round: ${round.join(" → ")}; a program must end, so write a loop`);
    }
    open.push(name);
    const fn = byName.get(name)!;
    let stack: Chain = { bytes: 0, functions: [] };
    let calls: Chain = stack;
    for (const callee of callees.get(name)!) {
      const below = visit(callee);
      if (below.stack.bytes > stack.bytes) stack = below.stack;
      if (below.calls.functions.length > calls.functions.length) calls = below.calls;
    }
    open.pop();
    const own = Math.ceil(Math.max(fn.frame.size, 1) / ROUNDING) * ROUNDING;
    const result = {
      stack: { bytes: own + stack.bytes, functions: [fn, ...stack.functions] },
      calls: { bytes: 0, functions: [fn, ...calls.functions] },
    };
    deepest.set(name, result);
    return result;
  };

  for (const root of roots) {
    const { stack, calls } = visit(root);
    if (calls.functions.length > MOST_FRAMES) {
      const names = calls.functions.map((fn) => fn.name).join(" → ");
      throw new CodegenError(
        root,
        `${calls.functions.length} functions call each other in a row, and a kernel has ${MOST_FRAMES} frames: ${names}`,
      );
    }
    if (stack.bytes <= FRAME_LIMIT) continue;
    const uses = stack.functions.flatMap((fn): FrameUse[] =>
      fn.frame.uses.map((use) => ({ ...use, name: `${use.name} in ${fn.name}` })),
    );
    const chain = stack.functions.map((fn) => fn.name);
    throw new FrameError(root, stack.bytes, FRAME_LIMIT, uses, chain);
  }
}

/** Functions that `fn` calls or has called back while it waits, and those that are called later. */
function calleesOf(fn: IrFunction): { now: Set<string>; later: Set<string> } {
  const now = new Set<string>();
  const later = new Set<string>();
  const addresses = new Map<number, string>();
  const elsewhere = new Set<number>();
  for (const { instructions } of fn.blocks) {
    for (const instruction of instructions) {
      if (instruction.kind === "function-address") addresses.set(instruction.result, instruction.function);
      if (instruction.kind !== "call") continue;
      if (instruction.callee.kind === "function") now.add(instruction.callee.name);
      if (!LATER.has(instruction.callee.name)) for (const argument of instruction.arguments) elsewhere.add(argument);
      else for (const argument of instruction.arguments) if (addresses.has(argument)) later.add(addresses.get(argument)!);
    }
  }
  for (const [value, name] of addresses) if (elsewhere.has(value) || !later.has(name)) now.add(name);
  return { now, later };
}
