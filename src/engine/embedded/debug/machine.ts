/**
 * A program on a CPU that goes forward and back, one instruction at a time: the interpreter, and the tape of what it did.
 *
 * Forward at the tape's end executes; forward before it, and back, play the tape. Words of the tape below `STATE` are words
 * of memory; from there on they are those of the machine itself: registers, position, what calls saved, what may be touched.
 */

import { FaultError } from "../../errors.ts";
import { type Interpreter, POSITION } from "../interpreter.ts";
import { OPERATION } from "../operations.ts";
import { Effect } from "./effects.ts";
import { Shadow } from "./shadow.ts";
import { type StepRecord, Tape } from "./tape.ts";
import type { Touched } from "./touched.ts";

/** The first word of a tape that is none of memory, which has less than 2^30. */
export const STATE = 0x8000_0000;

/** Words of r0 to r10. */
const REGISTERS = 22;

/** Milliseconds that the functions which one call of a helper calls are recorded step by step. */
const LONGEST_TRACE = 3000;

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
  /** Words and differences. */
  readonly #followed: number[] = [];
  /** When functions that a helper calls are no longer recorded step by step. */
  #tracedUntil = 0;
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
    this.#compareState(true);
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

  /**
   * What the hook did to memory after the run is not the run's: it is put aside, so that the machine stands exactly at the end of the
   * run, until it leaves.
   */
  setAsideWhatFollowed(): void {
    const { tape } = this;
    this.#shadow.compareAll(tape);
    tape.eachNoted((word, difference) => this.#followed.push(word, difference));
    tape.discard();
    this.#flipFollowed();
  }

  /** The newest time, and what followed it. */
  leave(): void {
    while (this.tape.time < this.tape.newest) this.step();
    this.#flipFollowed();
    this.#followed.length = 0;
  }

  #flipFollowed(): void {
    const followed = this.#followed;
    for (let at = 0; at < followed.length; at += 2) this.#shadow.flip(followed[at]!, followed[at + 1]!);
  }

  /** The rest of the run at full speed. Nothing of it is recorded: the machine is of no use afterwards. @throws FaultError */
  complete(): void {
    const { interpreter, tape } = this;
    this.leave();
    if (this.status === "running") interpreter.resume(Math.max(1, this.#fuel - tape.time - interpreter.worked));
  }

  #execute(): boolean {
    const { interpreter, tape } = this;
    const before = tape.time;
    let goesOn: boolean;
    interpreter.trace = this.#trace;
    this.#tracedUntil = performance.now() + LONGEST_TRACE;
    try {
      this.#checkFuel();
      this.#effect.read(interpreter);
      goesOn = interpreter.step();
    } catch (error) {
      this.#revert();
      if (!(error instanceof FaultError)) throw error;
      this.#fault = error;
      // What a helper called before the fault happened all the same.
      return this.#backTo(before + 1) && tape.time > before;
    } finally {
      interpreter.trace = null;
    }
    this.#commit();
    this.#ended = !goesOn;
    return this.#backTo(before + 1);
  }

  /**
   * A helper calls a function of the program. It cannot be stopped in there, so all that it does is recorded step by step, and
   * then the machine goes back to the first step. One that takes too long goes on without being recorded: it is one step then.
   */
  readonly #trace = (): void => {
    this.#commit();
    this.#checkFuel();
    this.#effect.read(this.interpreter);
    // Behind the last instruction of the function the helper goes on, and does whatever it does.
    if (this.interpreter.program.operation[this.interpreter.position[POSITION.pc]!] === OPERATION.exit) {
      this.#effect.anything = true;
      if (performance.now() > this.#tracedUntil) this.interpreter.trace = null;
    }
  };

  /** What was just carried out becomes a step of the tape. */
  #commit(): void {
    const { tape } = this;
    const effect = this.#effect;
    if (effect.anything) this.#shadow.compareAll(tape);
    else if (effect.end > effect.start) this.#shadow.compare(effect.start, effect.end, tape);
    this.touched.note(effect, tape);
    this.#compareState(effect.anything);
    tape.commit();
  }

  #backTo(time: number): true {
    while (this.tape.time > time && this.back());
    return true;
  }

  /** @throws FaultError when the next instruction is one too many. */
  #checkFuel(): void {
    const { interpreter, tape } = this;
    if (tape.time + interpreter.worked < this.#fuel) return;
    throw interpreter.outOfFuel(interpreter.position[POSITION.pc]!, this.#fuel);
  }

  /**
   * Notes what differs of the machine itself. Hot.
   * @param all what calls saved and what may be touched, too: neither changes but by calls and helpers.
   */
  #compareState(all: boolean): void {
    const { interpreter } = this;
    const { position } = interpreter;
    const depth = this.#words[REGISTERS + POSITION.depth];
    this.#compareWords(interpreter.registers, REGISTERS, 0);
    this.#compareWords(position, position.length, REGISTERS);
    if (!all && depth === position[POSITION.depth]) return;
    const { saved } = interpreter;
    this.#compareWords(saved, saved.length, REGISTERS + position.length);
    let at = REGISTERS + position.length + saved.length;
    this.#compareWord(at++, interpreter.worked);
    for (const field of this.#fields) this.#compareWord(at++, Number(this.#space[field]));
  }

  #compareWords(now: Int32Array, count: number, from: number): void {
    const words = this.#words;
    for (let index = 0; index < count; index++) {
      if (now[index] !== words[from + index]) this.#compareWord(from + index, now[index]!);
    }
  }

  #compareWord(at: number, value: number): void {
    const words = this.#words;
    const now = value | 0;
    if (now === words[at]) return;
    this.tape.note(STATE + at, now ^ words[at]!);
    words[at] = now;
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
