/**
 * One function of a program while it is translated: its locals, what is known where the code now stands, and the bits of code that all
 * instructions need. `translate.ts` walks its blocks; `instructions.ts`, `memory-access.ts` and `calls.ts` write them.
 */

import { Dominance } from "../../../compiler/ir/dominance.ts";
import type { PreparedProgram } from "../program.ts";
import { RegisterCode } from "./code.ts";
import { defs, FRAME_POINTER, KIND, KIND_OF, registerOf, uses } from "./effects.ts";
import { type Flow, width } from "./flow.ts";
import type { Shared } from "./module.ts";
import { type Slot, StackSlots } from "./slots.ts";
import { Values } from "./values.ts";
import { I32, I64, OP } from "./wasm.ts";

/** What a fault is: the three lowest bits of the number that the import gets which throws it; above them the slot. */
export const FAULT = { access: 0, fuel: 1, alignment: 2, depth: 3 } as const;

export class FunctionCode {
  readonly program: PreparedProgram;
  readonly flow: Flow;
  readonly shared: Shared;
  readonly checked: boolean;
  readonly isMain: boolean;
  readonly out: RegisterCode;
  readonly traps: number[] = [];
  readonly dominance: Dominance;
  readonly values: Values;
  /** Registers that it gives back, ascending. */
  readonly results: readonly number[];
  /** i64. */
  readonly old: number;
  readonly fuel: number;
  /** i32. */
  readonly loops: number;
  readonly next: number;
  readonly locals: readonly (readonly [number, number])[];
  /** Whether the frame in memory is used. */
  readonly usesFrame: boolean;
  /** Slots of the stack that are locals, by place below r10. */
  readonly slots = new Map<number, Slot & { readonly local: number }>();
  readonly usesFuel: boolean;
  readonly mayGoto: boolean;
  /** Registers whose value now was found good as a base. */
  good = 0;
  /** How many blocks, loops and ifs are open within the block that faults leave. */
  depth = 0;

  constructor(shared: Shared, flow: Flow, isMain: boolean) {
    const { program } = shared;
    this.program = program;
    this.flow = flow;
    this.shared = shared;
    this.checked = shared.mode === "checked";
    this.isMain = isMain;
    this.out = new RegisterCode(64 + (flow.end - flow.start) * 12, program);
    this.dominance = new Dominance(flow.successors);
    this.values = new Values(program, flow, this.dominance.order, shared.liveness);
    const signature = shared.signatureOf(flow.start);
    this.results = signature.results;

    let used = 0;
    let defined = 0;
    let calls = false;
    let mayGoto = false;
    for (let slot = flow.start; slot < flow.end; slot += width(program, slot)) {
      used |= uses(program, slot, flow.start, shared.liveness);
      defined |= defs(program, slot, shared.liveness);
      const kind = KIND_OF[program.operation[slot]!]!;
      calls ||= kind === KIND.callLocal || kind === KIND.callRegister;
      mayGoto ||= kind === KIND.mayGoto;
    }
    const frameBit = 1 << FRAME_POINTER;
    this.out.writesFrame = (defined & frameBit) !== 0;
    const touchesFrame = ((used | defined) & frameBit) !== 0;
    let stack: StackSlots | null = null;
    if (touchesFrame && !this.out.writesFrame) {
      const { order } = this.dominance;
      stack = new StackSlots(program, flow, order, this.values, shared.liveness, shared.helpers, shared.maps);
    }
    this.usesFrame = stack?.usesMemory ?? touchesFrame;
    this.mayGoto = mayGoto;

    // Locals: parameters first.
    let next = 0;
    if (isMain) next = 4;
    else {
      for (const register of signature.params) this.out.local[register] = next++;
      next++;
    }
    this.out.frame = isMain ? 2 : next - 1;
    const firstLong = next;
    for (const register of this.results) used |= 1 << register;
    for (let register = 0; register <= FRAME_POINTER; register++) {
      const needed = register === FRAME_POINTER ? this.out.writesFrame : (((used | defined) >>> register) & 1) === 1;
      if (needed && this.out.local[register] === -1) this.out.local[register] = next++;
    }
    for (const slot of stack?.slots ?? []) this.slots.set(slot.at, { ...slot, local: next++ });
    this.old = next++;
    this.fuel = next++;
    const firstWord = next;
    this.out.address = next++;
    this.loops = next++;
    this.next = next++;
    this.locals = [
      [firstWord - firstLong, I64],
      [next - firstWord, I32],
    ];

    const loops = this.dominance.order.some((block) => flow.successors[block]!.some((to) => to <= block));
    this.usesFuel = this.checked && (loops || calls || !isMain);
  }

  /** What is on the stack: slot and kind (i32), the register or number at fault (i64), whether (i32). Takes them all. */
  faultIf(): void {
    this.out.op(OP.brIf);
    this.out.unsigned(this.depth);
    this.out.op(OP.drop, OP.drop);
  }

  /** Takes what is on the stack into a register. */
  write64(word: number): void {
    const register = registerOf(word);
    this.out.set(this.out.local[register]!);
    this.good &= ~(1 << register);
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
