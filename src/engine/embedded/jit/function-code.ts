/**
 * One function of a program while it is translated: its locals, what is known where the code now stands, and the bits of code that all
 * instructions need. `translate.ts` walks its blocks; `instructions.ts`, `memory-access.ts` and `calls.ts` write them.
 */

import type { Dominance } from "../../../compiler/ir/dominance.ts";
import { HELPER } from "../../../uapi/helpers.ts";
import { kfuncNumber } from "../helpers/helper.ts";
import type { PreparedProgram } from "../program.ts";
import { RegisterCode } from "./code.ts";
import { Demand } from "./demand.ts";
import { FRAME_POINTER, KIND, KIND_OF, registerOf } from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import { goodBases } from "./memory-access.ts";
import type { Shared } from "./module.ts";
import { isNarrow } from "./narrow.ts";
import { PIECE_FRAME, PIECE_PARAMETERS } from "./pieces.ts";
import { Ranges } from "./ranges.ts";
import { type Slot, StackSlots } from "./slots.ts";
import { Values } from "./values.ts";
import { I32, I64, OP } from "./wasm.ts";
import { Webs } from "./webs.ts";

/** What a fault is: the three lowest bits of the number that the import gets which throws it; above them the slot. */
export const FAULT = { access: 0, fuel: 1, alignment: 2, depth: 3, value: 4 } as const;

export interface Shape {
  readonly dominance: Dominance;
  readonly hasLoops: boolean;
  /** Whether it is shared out among several functions (`pieces.ts`). */
  readonly inPieces: boolean;
}

export const ITER_NUM_NEXT = kfuncNumber("bpf_iter_num_next");

/** Whether a call may become a loop, or a step of one, in place (`callback-loops.ts`). */
const isLoopCall = (id: number): boolean => id === HELPER.bpf_loop || id === ITER_NUM_NEXT;

export class FunctionCode {
  readonly program: PreparedProgram;
  readonly flow: Flow;
  readonly shared: Shared;
  readonly checked: boolean;
  /** Whether its frame begins as zeroes. */
  readonly clearsFrame: boolean;
  /** By slot, of a proven program: accesses that its proof leaves to the engine (`Conditions`). Null: none. */
  readonly anywhere: Uint8Array | null;
  readonly isMain: boolean;
  readonly inPieces: boolean;
  out: RegisterCode;
  traps: number[] = [];
  readonly dominance: Dominance;
  readonly values: Values;
  /** Registers that it gives back, ascending. */
  readonly results: readonly number[];
  /** i64. */
  readonly old: number;
  readonly fuel: number;
  /** i32. */
  readonly loops: number;
  /** Of loops that helpers make (`callback-loops.ts`); -1 where there are none. */
  readonly round: number;
  readonly rounds: number;
  readonly start: number;
  readonly next: number;
  readonly locals: readonly (readonly [number, number])[];
  /** Whether the frame in memory is used. */
  readonly usesFrame: boolean;
  /** Slots of the stack that are locals, by place below r10. */
  readonly slots = new Map<number, Slot & { readonly local: number }>();
  readonly usesFuel: boolean;
  readonly mayGoto: boolean;
  readonly ranges: Ranges;
  readonly #demand: Demand;
  readonly webs: Webs;
  /** What is known of the instruction in hand (`FACT`), registers whose upper half is read after it, and those that it writes narrow. */
  facts = 0;
  wanted = 0;
  written = 0;
  /** How many blocks, loops and ifs are open within the block that faults leave. */
  depth = 0;

  constructor(shared: Shared, flow: Flow, isMain: boolean, { dominance, hasLoops, inPieces }: Shape) {
    const { program } = shared;
    this.program = program;
    this.flow = flow;
    this.shared = shared;
    this.checked = shared.mode === "checked";
    this.clearsFrame = this.checked || program.conditions?.readsUnwritten === true;
    this.anywhere = this.checked ? null : (program.conditions?.anywhere ?? null);
    this.isMain = isMain;
    this.out = new RegisterCode(64 + (flow.end - flow.start) * 12, program);
    this.dominance = dominance;
    this.inPieces = inPieces;
    this.values = new Values(program, flow, this.dominance.order, shared.liveness.writes);
    const signature = shared.signatureOf(flow.start);
    this.results = signature.results;
    const { order } = this.dominance;
    const { liveness, helpers } = shared;
    const { checked } = this;
    const good = checked ? goodBases(shared.memorySize) : null;
    this.ranges = new Ranges(program, flow, order, liveness.writes, helpers, isMain, good);
    this.#demand = new Demand(program, flow, {
      order,
      liveness,
      isFull: (id) => shared.helperOf(id).full,
      facts: this.ranges.facts,
      checked,
      wideExit: !isMain || shared.resultGlobal !== -1 || shared.tails !== null,
    });
    const live = liveness.liveIn(flow.start);
    const entry = isMain ? 0 : this.#demand.entry;
    this.webs = new Webs(program, flow, order, live, liveness.writes, this.#demand.after, this.ranges.facts, entry);

    let used = 0;
    let defined = 0;
    let calls = shared.tails !== null;
    let mayGoto = false;
    let helperLoops = false;
    for (let slot = flow.start; slot < flow.end; slot += width(program, slot)) {
      used |= shared.liveness.reads[slot]!;
      defined |= shared.liveness.writes[slot]!;
      const kind = KIND_OF[program.operation[slot]!]!;
      calls ||= kind === KIND.callLocal || kind === KIND.callRegister;
      calls ||= kind === KIND.callHelper && shared.helperOf(program.extra[slot]!).callsBack;
      mayGoto ||= kind === KIND.mayGoto;
      helperLoops ||= kind === KIND.callHelper && isLoopCall(program.extra[slot]!);
    }
    const frameBit = 1 << FRAME_POINTER;
    this.out.writesFrame = (defined & frameBit) !== 0;
    const touchesFrame = ((used | defined) & frameBit) !== 0;
    let stack: StackSlots | null = null;
    if (touchesFrame && !this.out.writesFrame && !inPieces) {
      stack = new StackSlots(program, flow, order, this.values, shared.liveness, shared.helpers, shared.maps);
    }
    this.usesFrame = stack?.usesMemory ?? touchesFrame;
    this.mayGoto = mayGoto;

    // Locals: parameters first. r1 and r2 of the main function come as i32.
    const { narrowLocal, wideLocal } = this.out;
    let next = 0;
    if (inPieces) next = PIECE_PARAMETERS.length;
    else if (isMain) {
      narrowLocal[1] = 0;
      narrowLocal[2] = 1;
      next = 4;
    } else {
      for (const register of signature.params) wideLocal[register] = next++;
      next++;
    }
    this.out.frame = inPieces ? PIECE_FRAME : isMain ? 2 : next - 1;
    const firstLong = next;
    let wide = this.webs.wide;
    let narrow = this.webs.narrow;
    // What the function gives back without having written it.
    for (const register of this.results) if (((wide | narrow) >>> register) % 2 === 0) wide |= 1 << register;
    if (this.out.writesFrame) wide |= frameBit;
    else {
      wide &= ~frameBit;
      narrow &= ~frameBit;
    }
    for (let register = 0; register <= FRAME_POINTER; register++) {
      if (((wide >>> register) & 1) === 1 && wideLocal[register] === -1) wideLocal[register] = next++;
    }
    const slots = stack?.slots ?? [];
    for (const slot of slots) if (slot.size === 8) this.slots.set(slot.at, { ...slot, local: next++ });
    this.old = next++;
    this.fuel = next++;
    const firstWord = next;
    for (let register = 0; register <= FRAME_POINTER; register++) {
      if (((narrow >>> register) & 1) === 1 && narrowLocal[register] === -1) narrowLocal[register] = next++;
    }
    for (const slot of slots) if (slot.size < 8) this.slots.set(slot.at, { ...slot, local: next++ });
    this.out.address = next++;
    this.loops = next++;
    this.round = helperLoops ? next++ : -1;
    this.rounds = helperLoops ? next++ : -1;
    this.start = next++;
    this.next = next++;
    this.locals = [
      [firstWord - firstLong, I64],
      [next - firstWord, I32],
    ];

    this.usesFuel = this.checked && (hasLoops || calls || !isMain || inPieces);
  }

  /** What is on the stack: slot and kind (i32), the register or number at fault (i64), whether (i32). Takes them all. */
  faultIf(): void {
    this.out.op(OP.brIf);
    this.out.unsigned(this.depth);
    this.out.op(OP.drop, OP.drop);
  }

  /** The instruction at a slot of a block comes next. */
  at(block: number, slot: number): void {
    const place = this.flow.base[block]! + slot;
    this.facts = this.ranges.facts[place]!;
    this.wanted = this.#demand.after[place]!;
    this.written = this.webs.written[place]!;
  }

  /** Whether the instruction at hand may compute only the lower half of what it writes to `word`. */
  isNarrow(slot: number, word: number): boolean {
    return isNarrow(this.program, slot, this.facts, ((this.wanted >>> registerOf(word)) & 1) === 1);
  }

  /** Takes an i64 from the stack into a register. */
  write64(word: number): void {
    const { out } = this;
    const register = registerOf(word);
    const bit = 1 << register;
    if ((this.written & bit) !== 0) {
      out.op(OP.wrap).set(out.narrowLocal[register]!);
      out.narrow |= bit;
    } else {
      out.set(out.wideLocal[register]!);
      out.narrow &= ~bit;
    }
  }

  /** Takes an i32 from the stack into a register whose upper half then is 0, or is not read. */
  write32(word: number): void {
    const { out } = this;
    const register = registerOf(word);
    const bit = 1 << register;
    if ((this.written & bit) !== 0) {
      out.set(out.narrowLocal[register]!);
      out.narrow |= bit;
    } else {
      out.op(OP.extendU).set(out.wideLocal[register]!);
      out.narrow &= ~bit;
    }
  }

  /** A load or a store; what it takes is on the stack. */
  access(opcode: number, offset: number): void {
    this.out.load(opcode, offset);
  }

  /** The next instruction may trap, on behalf of the one at a slot. */
  trap(slot: number): void {
    this.traps.push(this.out.length, slot);
  }
}
