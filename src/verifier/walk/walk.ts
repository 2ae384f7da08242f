/** The walk along every path of a program: what all checks of one instruction share. */

import type { Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import type { Flow } from "../shape/flow.ts";
import type { Frame } from "../state/frame.ts";
import { type Reg, UNINITIALISED, UNKNOWN_SCALAR } from "../state/register.ts";
import { SLOT_SPILL, Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";

/** Instructions walked, over all paths, before the kernel gives up. */
export const MOST_PROCESSED = 1_000_000;
/** Branches waiting to be walked. */
export const MOST_PENDING = 8192;
/** The low half of the 64-bit frame pointer register's number. */
export const FRAME_POINTER = 10;
export const MOST_STACK = 512;

/** A path to be walked later. */
interface Pending {
  readonly state: State;
  readonly slot: number;
  readonly previous: number;
  /** Length of the log when it was put off, so that the log reads like one path. */
  readonly logMark: number;
}

/** Receives the log; levels are the kernel's: 1 instructions of the last path, 2 every state. */
export interface LogSink {
  readonly level: 1 | 2;
  line(text: string): void;
  /** Where the log is, to go back there. */
  mark(): number;
  reset(mark: number): void;
}

/** What was found out about an instruction on the paths so far, to hold against the next. Columns by slot. */
export class Facts {
  /** Type of pointer that a load or store went through, 0: none yet. */
  readonly pointerType: Int32Array;
  /** Sum of 1 + how often walked. */
  readonly visits: Uint32Array;
  /** A call of a helper's inlined loop, map lookups of constant keys … facts of calls by slot, checked for sameness. */
  readonly calls: Map<number, unknown>;

  /** Bytes of stack that a subprogram's frame takes, by number of the subprogram: as much as any path touched. */
  readonly stackDepth: Int32Array;

  constructor(length: number, subprograms: number) {
    this.pointerType = new Int32Array(length);
    this.visits = new Uint32Array(length);
    this.calls = new Map();
    this.stackDepth = new Int32Array(subprograms);
  }
}

/** One walk of one function: the program itself, or a global function by itself. */
export class Walk {
  readonly program: Program;
  readonly flow: Flow;
  readonly era: number;
  readonly facts: Facts;
  readonly log: LogSink | null;
  /** What is known now. */
  state: State;
  /** The instruction being walked. */
  slot = 0;
  /** The one walked before it on this path. */
  previous = -1;
  readonly pending: Pending[] = [];
  /** Instructions walked, of all functions. */
  processed = 0;
  /** Set by the checks of a call or jump: where to go on, instead of the next instruction. */
  next = -1;
  #lastId = 0;

  constructor(program: Program, flow: Flow, facts: Facts, state: State, log: LogSink | null) {
    this.program = program;
    this.flow = flow;
    this.era = program.era;
    this.facts = facts;
    this.state = state;
    this.log = log;
  }

  /** A number that no register, reference or lock of this walk has yet. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** The frame that runs. */
  get frame(): Frame {
    return this.state.frame;
  }

  /** A register of the frame that runs. */
  reg(index: number): Reg {
    return this.state.frame.regs[index]!;
  }

  /** @param reg is never changed from here on. */
  setReg(index: number, reg: Reg): void {
    this.state.frame.regs[index] = reg;
  }

  /** What a call leaves in r0 … r5: nothing. */
  clearCallerSaved(): void {
    const { regs } = this.state.frame;
    for (let index = 0; index <= 5; index++) regs[index] = UNINITIALISED;
  }

  /** Some number in a register. */
  setUnknown(index: number): void {
    this.state.frame.regs[index] = UNKNOWN_SCALAR;
  }

  /** Refuses a register that nothing was written to. */
  read(index: number): Reg {
    if (index > FRAME_POINTER) refuse(`R${index} is invalid`, "EINVAL");
    const reg = this.reg(index);
    if (reg.type === 0) refuse(`R${index} !read_ok`);
    return reg;
  }

  /** Puts a path off that goes on at `slot` with a copy of what is known now, which is returned to be refined. */
  push(slot: number, previous: number): State {
    const state = this.state.copy();
    this.pending.push({ state, slot, previous, logMark: this.log?.mark() ?? 0 });
    if (this.pending.length > MOST_PENDING) refuse(`The sequence of ${this.pending.length} jumps is too complex.`, "E2BIG");
    if (state.parent !== null) state.parent.branches++;
    return state;
  }

  /** The instruction read or filled what was spilled in a stack slot: a step of the path, for tracing precision back. */
  noteStackAccess(_frame: number, _index: number): void {}

  /** Some of a stack slot is read: it is live before this instruction (since 6.18; before, states keep marks). */
  markStackRead(_frame: number, _index: number): void {}

  /** All eight bytes of a stack slot are written: what it held is not live before this instruction. */
  markStackWrite(_frame: number, _index: number): void {}

  /** Calls back for every register and spilled register of every frame; what it returns takes the place. */
  mapRegisters(change: (reg: Reg) => Reg, state: State = this.state): void {
    for (const frame of state.frames) mapFrame(frame, change);
  }
}

/** Registers 0 … 9 and what was spilled. */
function mapFrame(frame: Frame, change: (reg: Reg) => Reg): void {
  const { regs, stack } = frame;
  for (let index = 0; index < regs.length; index++) {
    const reg = regs[index]!;
    const changed = change(reg);
    if (changed !== reg) regs[index] = changed;
  }
  for (let index = 0; index < stack.length; index++) {
    const slot = stack[index]!;
    if (slot.kinds >>> 28 !== SLOT_SPILL) continue;
    const changed = change(slot.reg);
    if (changed !== slot.reg) stack[index] = new Slot(slot.kinds, changed);
  }
}
