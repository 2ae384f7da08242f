/**
 * A program on a CPU that goes forward and back, one instruction at a time: the interpreter, and the tape of what it did.
 *
 * Forward at the tape's end executes; forward before it, and back, play the tape. Words of the tape below `STATE` are words
 * of memory; from there on they are those of the machine itself: registers, position, what calls saved, what may be touched.
 */

import { FaultError } from "../../errors.ts";
import { faultAt } from "../fault.ts";
import { type Interpreter, POSITION } from "../interpreter.ts";
import { Effect } from "./effects.ts";
import { Shadow } from "./shadow.ts";
import { type StepRecord, Tape } from "./tape.ts";
import type { Touched } from "./touched.ts";

/** The first word of a tape that is none of memory, which has less than 2^30. */
export const STATE = 0x8000_0000;

/** Words of r0 to r10. */
const REGISTERS = 22;

/** `ended`: the last instruction was carried out. `fault`: the next one cannot be. */
export type MachineStatus = "running" | "ended" | "fault";

export class Machine {
  readonly interpreter: Interpreter;
  readonly tape: Tape;
  readonly touched: Touched;
  /** Why the instruction at the tape's end cannot be carried out; null as long as it can. */
  #fault: FaultError | null = null;
  #ended = false;
  readonly #fuel: number;
  readonly #shadow: Shadow;
  readonly #effect = new Effect();
  /** Public fields of `interpreter.space`, whichever there are: numbers and truth values. */
  readonly #fields: readonly string[];
  readonly #space: Record<string, number | boolean>;
  /** The machine's words as the last step left them, in the order registers, position, saved, worked, fields. */
  readonly #words: Int32Array;

  /** @param interpreter placed before the first instruction. @param limit bytes of the tape. */
  constructor(interpreter: Interpreter, fuel: number, limit: number, touched: Touched) {
    this.interpreter = interpreter;
    this.tape = new Tape(limit);
    this.touched = touched;
    this.#fuel = fuel;
    this.#shadow = new Shadow(interpreter.memory);
    // Its fields are the host's to name; all that a step can change of them are numbers.
    const space: unknown = interpreter.space;
    this.#space = space as Record<string, number | boolean>;
    this.#fields = Object.keys(interpreter.space).filter((key) => /^(number|boolean)$/.test(typeof this.#space[key]));
    this.#words = new Int32Array(REGISTERS + interpreter.position.length + interpreter.saved.length + 1 + this.#fields.length);
    this.#shadow.reset();
    this.#compareState();
    this.tape.discard();
  }

  get status(): MachineStatus {
    if (this.tape.time !== this.tape.newest) return "running";
    return this.#ended ? "ended" : this.#fault === null ? "running" : "fault";
  }

  get fault(): FaultError | null {
    return this.status === "fault" ? this.#fault : null;
  }

  /** Carries out the next instruction. @returns false when there is none, or it cannot be carried out: see `status`. */
  step(): boolean {
    const { tape } = this;
    const record = tape.forward();
    if (record !== null) {
      this.#flip(record);
      return true;
    }
    if (this.#ended || this.#fault !== null) return false;
    return this.#execute();
  }

  /** Takes the last instruction back. @returns false at the oldest time that is known. */
  back(): boolean {
    const record = this.tape.back();
    if (record === null) return false;
    this.#flip(record);
    return true;
  }

  #execute(): boolean {
    const { interpreter, tape } = this;
    const effect = this.#effect;
    if (tape.time + interpreter.worked >= this.#fuel) {
      const pc = interpreter.position[POSITION.pc]!;
      this.#fault = faultAt(interpreter.program, pc, `stopped after ${this.#fuel} instructions`);
      return false;
    }
    effect.read(interpreter);
    let goesOn: boolean;
    try {
      goesOn = interpreter.step();
    } catch (error) {
      this.#revert();
      if (!(error instanceof FaultError)) throw error;
      this.#fault = error;
      return false;
    }
    if (effect.anything) this.#shadow.compareAll(tape);
    else if (effect.end > effect.start) this.#shadow.compare(effect.start, effect.end, tape);
    this.touched.note(effect, tape);
    this.#compareState();
    tape.commit();
    this.#ended = !goesOn;
    return true;
  }

  /** Notes what differs of the machine itself. Hot. */
  #compareState(): void {
    const { registers, position, saved } = this.interpreter;
    const words = this.#words;
    const { tape } = this;
    let at = 0;
    const compare = (now: number): void => {
      const before = words[at]!;
      if (now !== before) {
        tape.note(STATE + at, now ^ before);
        words[at] = now;
      }
      at++;
    };
    for (let index = 0; index < REGISTERS; index++) compare(registers[index]!);
    for (let index = 0; index < position.length; index++) compare(position[index]!);
    for (let index = 0; index < saved.length; index++) compare(saved[index]!);
    compare(this.interpreter.worked | 0);
    for (const field of this.#fields) compare(Number(this.#space[field]) | 0);
  }

  #flip({ words, start, end }: StepRecord): void {
    let state = false;
    for (let at = start; at < end; at += 2) {
      const word = words[at]!;
      if (word < STATE) this.#shadow.flip(word, words[at + 1]!);
      else {
        this.#words[word - STATE]! ^= words[at + 1]!;
        state = true;
      }
    }
    if (state) this.#restoreState();
  }

  /** Makes the machine what `#words` says. */
  #restoreState(): void {
    const { registers, position, saved } = this.interpreter;
    const words = this.#words;
    registers.set(words.subarray(0, REGISTERS));
    let at = REGISTERS;
    position.set(words.subarray(at, (at += position.length)));
    saved.set(words.subarray(at, (at += saved.length)));
    this.interpreter.worked = words[at++]!;
    for (const field of this.#fields) {
      const word = words[at++]!;
      this.#space[field] = typeof this.#space[field] === "boolean" ? word !== 0 : word >>> 0;
    }
  }

  /** A step that failed half-way did nothing. */
  #revert(): void {
    this.tape.discard();
    this.#shadow.revert();
    this.#restoreState();
  }
}
