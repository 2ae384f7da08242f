/** The walk along every path of a program: what all checks of one instruction share. */

import { Touched } from "../print/frame.ts";
import type { KernelLog } from "../print/log.ts";
import type { Program } from "../program.ts";
import type { Differences } from "../prune/differences.ts";
import { refuse } from "../refusal.ts";
import type { Flow } from "../shape/flow.ts";
import { StackLiveness } from "../shape/stack-liveness.ts";
import type { Frame } from "../state/frame.ts";
import { type Reg, UNINITIALISED, UNKNOWN_SCALAR } from "../state/register.ts";
import { SLOT_SPILL, Slot } from "../state/slot.ts";
import type { State, Step } from "../state/state.ts";
import { NOT_INIT } from "../state/types.ts";
import type { Conditions } from "../verdict.ts";
import { pushStep, STEP_STACK } from "./history.ts";

/** Instructions walked, over all paths, before the kernel gives up. */
export const MOST_PROCESSED = 1_000_000;
/** Branches waiting to be walked. */
export const MOST_PENDING = 8192;
export const FRAME_POINTER = 10;
export const MOST_STACK = 512;
/** Frames of a chain of calls. */
export const MOST_FRAMES = 8;

/** A path to be walked later. */
interface Pending {
  readonly state: State;
  readonly slot: number;
  readonly previous: number;
}

/** What was found out on the paths so far, of all functions. Columns by slot. */
export class Facts {
  /** Type of pointer that a load or store went through, 0: none yet. */
  readonly pointerType: Int32Array;
  /** How often it was walked. */
  readonly visits: Uint32Array;
  /** What is left to whoever runs the program. */
  readonly conditions: { -readonly [Key in keyof Conditions]: Conditions[Key] };
  /** A call of a helper's inlined loop, map lookups of constant keys … facts of calls by slot, checked for sameness. */
  readonly calls: Map<number, unknown> = new Map();
  /** Bytes of stack that a subprogram's frame takes, by number of the subprogram: as much as any path touched. */
  readonly stackDepth: Int32Array;
  /** Global functions that are called, by number: they are walked by themselves. */
  readonly called: Uint8Array;
  /** Instructions walked. */
  processed = 0;
  /** Jumps, calls and exits walked. */
  jumps = 0;
  lastId = 0;
  /** The call of a kernel function that this kernel does not have, which a path reaches; -1: none. */
  missing = -1;
  /** `bpf_throw` is called somewhere. */
  throws = false;
  /** Null while nobody asks why. */
  readonly differences: Differences | null;

  constructor(length: number, subprograms: number, differences: Differences | null = null) {
    this.differences = differences;
    this.pointerType = new Int32Array(length);
    this.visits = new Uint32Array(length);
    this.conditions = { anywhere: new Uint8Array(length), contextSize: 0, bufferSize: 0, readOnlySize: 0, readsUnwritten: false };
    this.stackDepth = new Int32Array(subprograms);
    this.called = new Uint8Array(subprograms);
  }
}

/** One walk of one function: the program itself, or a global function by itself. */
export class Walk {
  readonly program: Program;
  readonly flow: Flow;
  readonly era: number;
  readonly facts: Facts;
  /** Null while nothing is logged. */
  log: KernelLog | null = null;
  readonly #wanted: KernelLog | null;
  readonly #logFrom: number;
  /** Which stack slots may still be read. */
  readonly liveness: StackLiveness;
  /** What was touched since the log told a state. */
  readonly touched = new Touched();
  /** What is known now. */
  state: State;
  /** The instruction being walked. */
  slot = 0;
  /** The one walked before it on this path. */
  previous = -1;
  /** What was written down of the path at this instruction, or null. */
  step: Step | null = null;
  readonly pending: Pending[] = [];
  /** Where to go on: the next instruction, unless the checks of a call or jump change it. */
  next = 0;

  /** @param log where the walk is told, from `logFrom` instructions on. */
  constructor(program: Program, flow: Flow, facts: Facts, state: State, log: KernelLog | null, logFrom = 0) {
    this.program = program;
    this.flow = flow;
    this.era = program.era;
    this.facts = facts;
    this.state = state;
    this.#wanted = log;
    this.#logFrom = logFrom;
    this.openLog();
    this.liveness = new StackLiveness(program, flow);
  }

  /** Begins the log when it is time. */
  openLog(): void {
    if (this.facts.processed >= this.#logFrom) this.log = this.#wanted;
  }

  /** A number that no register, reference or lock has yet. */
  nextId(): number {
    return ++this.facts.lastId;
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
    this.touched.register(index);
    this.state.frame.regs[index] = reg;
  }

  /** The log tells it with the next state. */
  touch(index: number): void {
    this.touched.register(index);
  }

  /** What a call leaves in r0 … r5: nothing. */
  clearCallerSaved(): void {
    this.state.frame.regs.fill(UNINITIALISED, 0, 6);
  }

  /** Some number in a register. */
  setUnknown(index: number): void {
    this.setReg(index, UNKNOWN_SCALAR);
  }

  /** A register that is used. Refuses one that nothing was written to. */
  read(index: number): Reg {
    if (index > FRAME_POINTER) refuse(`R${index} is invalid`, "EINVAL");
    this.touched.register(index);
    const reg = this.state.frame.regs[index]!;
    if (reg.type === NOT_INIT) refuse(`R${index} !read_ok`);
    return reg;
  }

  /** A register that will be written. */
  write(index: number): void {
    if (index > FRAME_POINTER) refuse(`R${index} is invalid`, "EINVAL");
    if (index === FRAME_POINTER) refuse("frame pointer is read only");
    this.touched.register(index);
  }

  /** Puts a path off that goes on at `slot` with a copy of what is known now, which is returned to be refined. */
  push(slot: number, previous: number): State {
    const state = this.state.copy();
    this.defer(state, slot, previous);
    if (this.pending.length > MOST_PENDING) refuse(`The sequence of ${this.pending.length} jumps is too complex.`, "E2BIG");
    if (state.parent !== null) state.parent.branches++;
    return state;
  }

  /** Puts a path off whose state is made already. */
  defer(state: State, slot: number, previous: number): void {
    this.pending.push({ state, slot, previous });
  }

  /** The subprogram that begins at a slot. */
  subprogramAt(slot: number): number {
    const { subprograms } = this.program;
    const index = this.flow.subprogram[slot] ?? -1;
    if (subprograms[index]?.start !== slot) refuse(`verifier bug. No program starts at insn ${slot}`, "EFAULT");
    return index;
  }

  /** The instruction read or filled what was spilled in a stack slot: a step of the path, for tracing precision back. */
  noteStackAccess(frame: number, index: number): void {
    pushStep(this, STEP_STACK | frame | (index << 3), null);
  }

  /** Some of a stack slot is read: it is live before this instruction. */
  markStackRead(frame: number, index: number): void {
    this.liveness.markRead(this.state, frame, index);
  }

  /** All eight bytes of a stack slot are written: what it held is not live before this instruction. */
  markStackWrite(frame: number, index: number): void {
    this.liveness.markWrite(frame, index);
  }

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
