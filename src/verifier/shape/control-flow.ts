/**
 * One pass over all that can be reached, depth first and in the kernel's order (`check_cfg` of kernel/bpf/verifier.c): what
 * cannot be reached is refused, and instructions are marked where states are to be compared and paths to be written down.
 */

import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import type { KfuncFacts } from "../target.ts";
import type { SubprogramFlow } from "./flow.ts";
import {
  CLASS_JMP,
  CLASS_JMP32,
  HELPER_FIND_VMA,
  HELPER_FOR_EACH_MAP_ELEM,
  HELPER_LOOP,
  HELPER_TIMER_SET_CALLBACK,
  HELPER_USER_RINGBUF_DRAIN,
  JA32,
  LD_IMM64,
  MAY_GOTO,
  OP_CALL,
  OP_EXIT,
  OP_JA,
  PSEUDO_CALL,
  PSEUDO_FUNC,
  PSEUDO_KFUNC_CALL,
} from "./opcodes.ts";
import { subprogramFlows, subprogramOf } from "./subprograms.ts";

/** Columns by slot, but for the last. */
export interface ControlFlow {
  readonly prunePoint: Uint8Array;
  readonly jumpPoint: Uint8Array;
  readonly forceCheckpoint: Uint8Array;
  readonly callsCallback: Uint8Array;
  readonly subprogram: Uint16Array;
  readonly subprograms: readonly SubprogramFlow[];
}

const DISCOVERED = 0x10;
const EXPLORED = 0x20;
const FALLTHROUGH = 1;
const BRANCH = 2;

/** Helpers that call a function of the program before they return. */
const SYNCHRONOUS: ReadonlySet<number> = new Set([
  HELPER_FOR_EACH_MAP_ELEM,
  HELPER_FIND_VMA,
  HELPER_LOOP,
  HELPER_USER_RINGBUF_DRAIN,
]);
const SYNCHRONOUS_KFUNCS: ReadonlySet<string> = new Set(["bpf_rbtree_add_impl"]);
/** Kernel functions that have a function of the program called later. */
const ASYNCHRONOUS_KFUNCS: ReadonlySet<string> = new Set([
  "bpf_wq_set_callback_impl",
  "bpf_task_work_schedule_signal",
  "bpf_task_work_schedule_resume",
  "bpf_task_work_schedule_signal_impl",
  "bpf_task_work_schedule_resume_impl",
]);
/** `is_kfunc_pkt_changing`. Since 6.18. */
const PACKET_CHANGING_KFUNCS: ReadonlySet<string> = new Set(["bpf_xdp_pull_data"]);

/** Since which kernel: loops through any edge, and callbacks that are walked until nothing is new, are right (6.7). */
const LOOPS_THROUGH_ANY_EDGE = 607;
/** `bpf_for` and its like. */
const ITERATORS = 604;
/** Subprograms are known to change packets, and callers lose packet pointers: 6.13, and 6.6 and 6.12 by their updates. */
const PACKET_EFFECTS = 606;

/** @throws Refused */
export function traverse(program: Program): ControlFlow {
  return new Traversal(program).run();
}

class Traversal {
  readonly #program: Program;
  readonly #era: number;
  readonly #state: Uint8Array;
  readonly #stack: Int32Array;
  #top = 0;
  readonly #flow: ControlFlow;

  constructor(program: Program) {
    const { length } = program.code;
    this.#program = program;
    this.#era = program.era;
    this.#state = new Uint8Array(length);
    this.#stack = new Int32Array(length);
    this.#flow = {
      prunePoint: new Uint8Array(length),
      jumpPoint: new Uint8Array(length),
      forceCheckpoint: new Uint8Array(length),
      callsCallback: new Uint8Array(length),
      subprogram: subprogramOf(program),
      subprograms: subprogramFlows(program),
    };
  }

  run(): ControlFlow {
    this.#from(0);
    const callback = this.#flow.subprograms.findIndex(({ isExceptionCallback }) => isExceptionCallback);
    if (callback > 0) this.#from(this.#program.subprograms[callback]!.start);
    const { length, opcode } = this.#program.code;
    for (let slot = 0; slot < length; slot++) {
      if (this.#state[slot] !== EXPLORED) refuse(`unreachable insn ${slot}`, "EINVAL", slot);
      if (opcode[slot] !== LD_IMM64) continue;
      if (this.#state[slot + 1] !== 0) refuse(`jump into the middle of ldimm64 insn ${slot}`, "EINVAL", slot);
      slot++;
    }
    return this.#flow;
  }

  #from(start: number): void {
    const state = this.#state;
    const stack = this.#stack;
    state[start] = DISCOVERED;
    stack[0] = start;
    this.#top = 1;
    while (this.#top > 0) {
      const slot = stack[this.#top - 1]!;
      if (this.#visit(slot)) continue;
      state[slot] = EXPLORED;
      this.#top--;
    }
  }

  /** Whether there is more to be seen from here; the rest when it is visited again. */
  #visit(slot: number): boolean {
    const { code } = this.#program;
    const opcode = code.opcode[slot]!;
    const operationClass = opcode & 7;
    if (operationClass !== CLASS_JMP && operationClass !== CLASS_JMP32) {
      if (opcode !== LD_IMM64) return this.#edge(slot, slot + 1, FALLTHROUGH, false);
      if (code.src[slot] === PSEUDO_FUNC) return this.#call(slot, slot + 2, true);
      return this.#edge(slot, slot + 2, FALLTHROUGH, false);
    }
    const { prunePoint, jumpPoint } = this.#flow;
    switch (opcode & 0xf0) {
      case OP_EXIT:
        return false;
      case OP_CALL:
        this.#markCall(slot);
        return this.#call(slot, slot + 1, code.src[slot] === PSEUDO_CALL);
      case OP_JA: {
        if ((opcode & 8) !== 0) refuse(`invalid jump at insn ${slot}`, "EINVAL", slot);
        const to = slot + 1 + (opcode === JA32 ? code.imm[slot]! : code.offset[slot]!);
        if (this.#edge(slot, to, FALLTHROUGH, true)) return true;
        prunePoint[to] = 1;
        jumpPoint[to] = 1;
        return false;
      }
      default:
        prunePoint[slot] = 1;
        if (opcode === MAY_GOTO && code.src[slot] === 0) this.#flow.forceCheckpoint[slot] = 1;
        if (this.#edge(slot, slot + 1, FALLTHROUGH, true)) return true;
        return this.#edge(slot, slot + 1 + code.offset[slot]!, BRANCH, true);
    }
  }

  /** What follows a call, then what is called. */
  #call(slot: number, after: number, visitCallee: boolean): boolean {
    if (this.#edge(slot, after, FALLTHROUGH, false)) return true;
    const { prunePoint, jumpPoint, subprogram, subprograms } = this.#flow;
    prunePoint[after] = 1;
    jumpPoint[after] = 1;
    if (!visitCallee) return false;
    const callee = slot + 1 + this.#program.code.imm[slot]!;
    prunePoint[slot] = 1;
    const into = subprograms[subprogram[slot]!]!;
    const from = subprograms[subprogram[callee]!]!;
    into.changesPacket ||= from.changesPacket;
    into.mightSleep ||= from.mightSleep;
    into.mightThrow ||= from.mightThrow;
    return this.#edge(slot, callee, BRANCH, this.#program.code.opcode[slot] === LD_IMM64);
  }

  /** @param mayLoop before 6.7: whether the edge may lead back to where this path came from. */
  #edge(from: number, to: number, kind: typeof FALLTHROUGH | typeof BRANCH, mayLoop: boolean): boolean {
    const state = this.#state;
    if (state[from]! >= (DISCOVERED | kind)) return false;
    if (to < 0 || to >= state.length) refuse(`jump out of range from insn ${from} to ${to}`, "EINVAL", from);
    if (kind === BRANCH) {
      this.#flow.prunePoint[to] = 1;
      this.#flow.jumpPoint[to] = 1;
    }
    const seen = state[to]!;
    if (seen === 0) {
      state[from] = DISCOVERED | kind;
      state[to] = DISCOVERED;
      this.#stack[this.#top++] = to;
      return true;
    }
    if ((seen & 0xf0) === DISCOVERED) {
      if (!mayLoop && this.#era < LOOPS_THROUGH_ANY_EDGE) refuse(`back-edge from insn ${from} to ${to}`, "EINVAL", from);
      return false;
    }
    state[from] = DISCOVERED | kind;
    return false;
  }

  #markCall(slot: number): void {
    const { code } = this.#program;
    const flow = this.#flow;
    const subprogram = flow.subprograms[flow.subprogram[slot]!]!;
    const src = code.src[slot]!;
    if (src === PSEUDO_KFUNC_CALL) {
      const kfunc = this.#kfunc(slot);
      if (kfunc === null) return;
      if (ASYNCHRONOUS_KFUNCS.has(kfunc.name)) flow.prunePoint[slot] = 1;
      if (SYNCHRONOUS_KFUNCS.has(kfunc.name)) this.#markCallback(slot);
      if (kfunc.name === "bpf_throw") subprogram.mightThrow = true;
      if (!kfunc.offeredTo(this.#program.type, this.#program.attachType)) return;
      if (kfunc.flags.iteratorNext && this.#era >= ITERATORS) {
        flow.prunePoint[slot] = 1;
        flow.forceCheckpoint[slot] = 1;
      }
      if (kfunc.flags.sleepable) subprogram.mightSleep = true;
      if (PACKET_CHANGING_KFUNCS.has(kfunc.name)) subprogram.changesPacket = true;
      return;
    }
    const helper = code.imm[slot]!;
    // 6.1 looks at the number alone.
    if (helper === HELPER_TIMER_SET_CALLBACK && (src === 0 || this.#era < LOOPS_THROUGH_ANY_EDGE)) flow.prunePoint[slot] = 1;
    if (src !== 0) return;
    if (SYNCHRONOUS.has(helper) && this.#era >= LOOPS_THROUGH_ANY_EDGE) this.#markCallback(slot);
    const { target, type, attachType } = this.#program;
    const prototype = target.helper(helper, type, attachType, this.#program);
    if (typeof prototype === "string") return;
    if (prototype.mightSleep) subprogram.mightSleep = true;
    if (prototype.changesPacket && this.#era >= PACKET_EFFECTS) subprogram.changesPacket = true;
  }

  #markCallback(slot: number): void {
    const { callsCallback, forceCheckpoint, prunePoint, jumpPoint } = this.#flow;
    callsCallback[slot] = 1;
    forceCheckpoint[slot] = 1;
    prunePoint[slot] = 1;
    jumpPoint[slot] = 1;
  }

  #kfunc(slot: number): KfuncFacts | null {
    const referent = this.#program.referents.get(slot);
    return referent?.kind === "kfunc" ? this.#program.target.kfunc(referent.name) : null;
  }
}
