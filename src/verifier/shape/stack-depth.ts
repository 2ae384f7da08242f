/**
 * The stack that a chain of calls takes: `check_max_stack_depth` of kernel/bpf/verifier.c, after the walk, when it is known
 * how deep each function goes.
 */

import type { ProgramType } from "../../uapi/program-types.ts";
import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import type { Flow } from "./flow.ts";
import { CALL, LD_IMM64, PSEUDO_CALL, PSEUDO_FUNC, PSEUDO_KFUNC_CALL } from "./opcodes.ts";

/** `MAX_BPF_STACK`. */
const MOST_STACK = 512;
/** What a function that tail calls may find taken already. */
const MOST_BEFORE_TAIL_CALL = 256;
/** `MAX_CALL_FRAMES`. */
const MOST_FRAMES = 8;
/** `BPF_PRIV_STACK_MIN_SIZE`: functions that take less stay on the shared stack. */
const LEAST_PRIVATE = 64;

/** Programs of these types have stacks of their own on x86-64. Since 6.13. */
const PRIVATE_STACKS: ReadonlySet<ProgramType> = new Set<ProgramType>(["kprobe", "tracepoint", "perf_event", "raw_tracepoint"]);
const PRIVATE_STACKS_SINCE = 613;

/**
 * Marks `tailCallReachable` in the flow.
 *
 * @param depths bytes of stack by subprogram, as the walk found them.
 * @returns bytes of the deepest chain.
 * @throws Refused
 */
export function checkStackDepth(program: Program, flow: Flow, depths: Int32Array): number {
  return new Depths(program, flow, depths).check();
}

class Depths {
  readonly #program: Program;
  readonly #flow: Flow;
  readonly #depths: Int32Array;
  /** By subprogram: it is on the shared stack in some chain, so it is in all. */
  readonly #shared: Uint8Array;
  #deepest = 0;

  constructor(program: Program, flow: Flow, depths: Int32Array) {
    this.#program = program;
    this.#flow = flow;
    this.#depths = depths;
    this.#shared = new Uint8Array(program.subprograms.length);
  }

  check(): number {
    const { era, subprograms } = this.#program;
    const flows = this.#flow.subprograms;
    const roots: number[] = [];
    for (let index = 0; index < subprograms.length; index++) {
      if (index === 0 || flows[index]!.isAsyncCallback) roots.push(index);
    }
    const isPrivate = era >= PRIVATE_STACKS_SINCE && this.#mayBePrivate() && !flows.some(({ hasTailCall }) => hasTailCall);
    // Callbacks first: what they share with the program is on the shared stack.
    if (era >= PRIVATE_STACKS_SINCE) roots.reverse();
    for (const root of roots) this.#from(root, root === 0 && isPrivate);
    return this.#deepest;
  }

  #mayBePrivate(): boolean {
    const { type, attachType } = this.#program;
    if (PRIVATE_STACKS.has(type)) return true;
    // Those that a trampoline keeps from running twice at a time (`bpf_prog_check_recur`).
    if (type === "tracing") return attachType !== "trace_iter";
    return type === "lsm" && attachType !== "lsm_cgroup";
  }

  #roundUp(depth: number): number {
    return this.#program.era < 607 ? Math.ceil(Math.max(depth, 1) / 32) * 32 : Math.ceil(depth / 16) * 16;
  }

  #from(root: number, isPrivate: boolean): void {
    const flows = this.#flow.subprograms;
    const returnSlots: number[] = [];
    const callers: number[] = [];
    let tailCallReachable = false;
    let depth = 0;
    let index = root;
    let slot = this.#enter(index, depth, callers, isPrivate);
    depth += this.#sharedSize(index, isPrivate);
    this.#checkDepth(callers.length, depth);
    for (;;) {
      const call = this.#nextCall(slot, index, callers);
      if (call !== null) {
        returnSlots.push(call.slot + 1);
        callers.push(index);
        index = call.callee;
        if (flows[index]!.hasTailCall) tailCallReachable = true;
        if (callers.length >= MOST_FRAMES) refuse(`the call stack of ${callers.length} frames is too deep !`, "E2BIG", call.slot);
        slot = this.#enter(index, depth, callers, isPrivate);
        depth += this.#sharedSize(index, isPrivate);
        this.#checkDepth(callers.length, depth);
        continue;
      }
      if (tailCallReachable) {
        for (const caller of callers) {
          if (flows[caller]!.isExceptionCallback) refuse("cannot tail call within exception cb", "EINVAL");
          flows[caller]!.tailCallReachable = true;
        }
      }
      const back = returnSlots.pop();
      const caller = callers.pop();
      if (back === undefined || caller === undefined) return;
      depth -= this.#sharedSize(index, isPrivate);
      index = caller;
      slot = back;
    }
  }

  /** @returns the slot where the function begins. */
  #enter(index: number, depth: number, callers: readonly number[], isPrivate: boolean): number {
    const { era, subprograms } = this.#program;
    const flows = this.#flow.subprograms;
    const flow = flows[index]!;
    if (!isPrivate) this.#shared[index] = 1;
    if (flow.hasLegacyLoad && era >= 612 && (flow.isCallback || callers.some((caller) => flows[caller]!.isCallback)))
      refuse("cannot use BPF_LD_[ABS|IND] within callback", "EINVAL");
    if (index !== 0 && flow.hasTailCall && depth >= MOST_BEFORE_TAIL_CALL) {
      const text = `tail_calls are not allowed when call stack of previous frames is ${depth} bytes. Too large`;
      refuse(text, "EACCES");
    }
    const size = this.#roundUp(this.#depths[index]!);
    if (this.#isPrivate(index, isPrivate) && size > MOST_STACK)
      refuse(`stack size of subprog ${index} is ${size}. Too large`, "EACCES");
    return subprograms[index]!.start;
  }

  #isPrivate(index: number, isPrivate: boolean): boolean {
    return isPrivate && this.#shared[index] === 0 && this.#roundUp(this.#depths[index]!) >= LEAST_PRIVATE;
  }

  #sharedSize(index: number, isPrivate: boolean): number {
    return this.#isPrivate(index, isPrivate) ? 0 : this.#roundUp(this.#depths[index]!);
  }

  #checkDepth(callers: number, depth: number): void {
    if (depth > MOST_STACK) refuse(`combined stack size of ${callers + 1} calls is ${depth}. Too large`, "EACCES");
    if (depth > this.#deepest) this.#deepest = depth;
  }

  /** The next call of a subprogram, or mention of one, that puts a frame on the stack. */
  #nextCall(from: number, index: number, callers: readonly number[]): { slot: number; callee: number } | null {
    const { code, subprograms, referents, era } = this.#program;
    const flows = this.#flow.subprograms;
    const { opcode, src, imm } = code;
    const { end } = subprograms[index]!;
    for (let slot = from; slot < end; slot++) {
      const operation = opcode[slot]!;
      const isCall = operation === CALL && src[slot] === PSEUDO_CALL;
      if (operation === CALL && src[slot] === PSEUDO_KFUNC_CALL) {
        const referent = referents.get(slot);
        if (era < 607 || referent?.kind !== "kfunc" || referent.name !== "bpf_throw") continue;
        if (!flows[index]!.isCallback && !callers.some((caller) => flows[caller]!.isCallback)) continue;
        const text = `bpf_throw kfunc (insn ${slot}) cannot be called from callback subprog ${index}`;
        refuse(text, "EINVAL", slot);
      }
      if (!isCall && !(operation === LD_IMM64 && src[slot] === PSEUDO_FUNC)) continue;
      const callee = this.#flow.subprogram[slot + 1 + imm[slot]!]!;
      if (flows[callee]!.isAsyncCallback) {
        // Its stack is the one of whoever calls it later.
        if (!isCall) continue;
        if (flows[callee]!.isExceptionCallback) refuse(`insn ${slot} cannot call exception cb directly`, "EINVAL", slot);
      }
      return { slot, callee };
    }
    return null;
  }
}
