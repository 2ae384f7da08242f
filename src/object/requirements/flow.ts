/**
 * Which instructions a program can reach, and which of them only after it asked the kernel: `if (bpf_core_type_exists(…))`,
 * `if (LINUX_KERNEL_VERSION >= …)`, `if (a_weak_kfunc)`.
 *
 * Constants are followed along all paths (Wegman and Zadeck, Constant Propagation with Conditional Branches, 1991), through
 * registers but not through memory: so what this calls unreachable is, and a verifier may know more.
 */

import { calculate, decide, meet, type Value } from "./values.ts";

export interface Flow {
  /** By slot: 1 where an instruction starts that can be reached. */
  readonly reached: Uint8Array;
  /** By slot: 1 where it is reached only on one side of a question to the kernel. */
  readonly guarded: Uint8Array;
  /** The slot of a jump that closes a loop, reached or not, as kernels without loops looked for them; or -1. */
  readonly loop: number;
}

export interface FlowOptions {
  /** What an instruction puts into its register, where that is known from elsewhere: CO-RE, externs. */
  readonly known: (slot: number) => Value | undefined;
  /** Slots at which functions begin. */
  readonly functions: readonly number[];
}

const LD_IMM64 = 0x18;
const CALL = 0x85;
const EXIT = 0x95;
const JA = 0x05;
const JA_LONG = 0x06;
const JA_REGISTER = 0x0d;
const MAY_GOTO = 0xe5;
const SOURCE_REGISTER = 8;
const PSEUDO_CALL = 1;
const PSEUDO_FUNCTION = 4;
const REGISTERS = 11;

/** Questions beyond these count as asked of whatever: what follows them is not guarded. */
const MOST_QUESTIONS = 1024;
/** Paths followed, per slot, before a program made to take forever counts as reached everywhere. Compilers' take 3. */
const VISITS_PER_SLOT = 50;
const FREE_VISITS = 10_000;

/** What holds on all paths to a place where paths meet. */
interface State {
  readonly registers: Value[];
  /** One bit for each side of a question that all paths came by. */
  questions: bigint;
}

/** Follows a program of whole, defined instructions; those that are not end a path. */
export function followCode(code: Uint8Array, options: FlowOptions): Flow {
  const follower = new Follower(code, options);
  return follower.run();
}

class Follower {
  readonly #code: Uint8Array;
  readonly #view: DataView;
  readonly #length: number;
  readonly #known: FlowOptions["known"];
  readonly #functions: readonly number[];
  readonly #states = new Map<number, State>();
  readonly #waiting: number[] = [];
  readonly #reached: Uint8Array;
  /** 1 where paths may meet, or part: targets of jumps and what follows a conditional one. */
  readonly #meeting: Uint8Array;
  /** Slot of a branch → its number among the questions. */
  readonly #questions = new Map<number, number>();

  constructor(code: Uint8Array, { known, functions }: FlowOptions) {
    this.#code = code;
    this.#view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    this.#length = Math.floor(code.length / 8);
    this.#known = known;
    this.#functions = functions;
    this.#reached = new Uint8Array(this.#length);
    this.#meeting = this.#findMeetings();
  }

  run(): Flow {
    const called = this.#calledFunctions();
    // What nobody calls is called by the kernel: the program itself, an exception callback.
    for (const start of [0, ...this.#functions]) if (start === 0 || !called.has(start)) this.#flow(start, unknownRegisters(), 0n);
    let visits = FREE_VISITS + VISITS_PER_SLOT * this.#length;
    for (let slot = this.#waiting.pop(); slot !== undefined; slot = this.#waiting.pop()) {
      if (--visits < 0) this.#surrender();
      else this.#follow(slot);
    }
    return { reached: this.#reached, guarded: this.#mark(), loop: this.#findLoop() };
  }

  #calledFunctions(): ReadonlySet<number> {
    const called = new Set<number>();
    for (let slot = 0; slot < this.#length; slot++) {
      const opcode = this.#code[slot * 8]!;
      const source = this.#code[slot * 8 + 1]! >> 4;
      if ((opcode === CALL && source === PSEUDO_CALL) || (opcode === LD_IMM64 && source === PSEUDO_FUNCTION)) {
        called.add(slot + 1 + this.#immediate(slot));
      }
      if (opcode === LD_IMM64) slot++;
    }
    return called;
  }

  #findMeetings(): Uint8Array {
    const meeting = new Uint8Array(this.#length + 1);
    const mark = (slot: number): void => {
      if (slot >= 0 && slot < this.#length) meeting[slot] = 1;
    };
    for (const start of this.#functions) mark(start);
    for (let slot = 0; slot < this.#length; slot++) {
      const opcode = this.#code[slot * 8]!;
      if (opcode === LD_IMM64) {
        if (this.#code[slot * 8 + 1]! >> 4 === PSEUDO_FUNCTION) mark(slot + 1 + this.#immediate(slot));
        slot++;
      } else if (opcode === CALL) {
        if (this.#code[slot * 8 + 1]! >> 4 === PSEUDO_CALL) mark(slot + 1 + this.#immediate(slot));
      } else if (opcode === JA_LONG) mark(slot + 1 + this.#immediate(slot));
      else if ((opcode & 7) === 5 || (opcode & 7) === 6) {
        mark(slot + 1 + this.#view.getInt16(slot * 8 + 2, true));
        mark(slot + 1);
      }
    }
    return meeting;
  }

  #immediate(slot: number): number {
    return this.#view.getInt32(slot * 8 + 4, true);
  }

  /** A path arrives at `slot`. */
  #flow(slot: number, registers: readonly Value[], questions: bigint): void {
    if (slot < 0 || slot >= this.#length) return;
    const state = this.#states.get(slot);
    if (state === undefined) {
      this.#states.set(slot, { registers: [...registers], questions });
      this.#waiting.push(slot);
      return;
    }
    let changed = false;
    const common = state.questions & questions;
    if (common !== state.questions) {
      state.questions = common;
      changed = true;
    }
    for (let index = 0; index < REGISTERS; index++) {
      const before = state.registers[index]!;
      const after = meet(before, registers[index]!);
      if (after !== before) {
        state.registers[index] = after;
        changed = true;
      }
    }
    if (changed) this.#waiting.push(slot);
  }

  /** Goes on from a place where paths meet until the next one. */
  #follow(start: number): void {
    const state = this.#states.get(start)!;
    const registers = [...state.registers];
    const { questions } = state;
    for (let slot = start; slot >= 0 && slot < this.#length; slot = this.#step(slot, registers, questions)) {
      if (slot !== start && this.#meeting[slot] === 1) {
        this.#flow(slot, registers, questions);
        break;
      }
      this.#reached[slot] = 1;
    }
  }

  /** The slot that comes next, or -1 when the instruction ends the path, or sent it elsewhere. */
  #step(slot: number, registers: Value[], questions: bigint): number {
    const opcode = this.#code[slot * 8]!;
    const target = this.#code[slot * 8 + 1]! & 15;
    const source = this.#code[slot * 8 + 1]! >> 4;
    if (target >= REGISTERS || source >= REGISTERS) return -1;
    const offset = this.#view.getInt16(slot * 8 + 2, true);
    switch (opcode & 7) {
      case 0: // LD
        if (opcode !== LD_IMM64) {
          registers[0] = "any";
          break;
        }
        // Cut off in its middle: no path goes on from there.
        if (slot + 1 >= this.#length) return -1;
        if (source === PSEUDO_FUNCTION) this.#flow(slot + 1 + this.#immediate(slot), unknownRegisters(), questions);
        registers[target] = this.#known(slot) ?? (source === 0 ? this.#wide(slot) : "any");
        return slot + 2;
      case 1: // LDX
        registers[target] = this.#load(registers[source]!, offset, opcode);
        break;
      case 3: // STX: atomic operations fetch into the source or r0, a load-acquire into the target.
        if (opcode >> 5 === 6) registers[source] = registers[0] = registers[target] = "any";
        break;
      case 4: // ALU
      case 7:
        registers[target] = this.#calculate(slot, opcode, registers);
        break;
      case 5: // JMP
      case 6:
        return this.#jump(slot, opcode, registers, questions);
    }
    return slot + 1;
  }

  #calculate(slot: number, opcode: number, registers: readonly Value[]): Value {
    const before = registers[this.#code[slot * 8 + 1]! & 15]!;
    const operation = opcode >> 4;
    // Sign extensions have an offset; negations and byte swaps no second operand.
    const isPlain = this.#view.getInt16(slot * 8 + 2, true) === 0 && operation !== 8 && operation !== 13;
    if (!isPlain) return before === "kernel" ? "kernel" : "any";
    return calculate(operation, before, this.#operand(slot, opcode, registers), (opcode & 7) === 7);
  }

  #operand(slot: number, opcode: number, registers: readonly Value[]): Value {
    if (opcode & SOURCE_REGISTER) return registers[this.#code[slot * 8 + 1]! >> 4]!;
    return this.#known(slot) ?? BigInt.asUintN(64, BigInt(this.#immediate(slot)));
  }

  #jump(slot: number, opcode: number, registers: Value[], questions: bigint): number {
    const source = this.#code[slot * 8 + 1]! >> 4;
    switch (opcode) {
      case EXIT:
        break;
      case JA:
        this.#flow(slot + 1 + this.#view.getInt16(slot * 8 + 2, true), registers, questions);
        break;
      case JA_LONG:
        this.#flow(slot + 1 + this.#immediate(slot), registers, questions);
        break;
      case JA_REGISTER:
        this.#everything();
        break;
      case CALL:
        if (source === PSEUDO_CALL) {
          const callee = unknownRegisters();
          for (let index = 1; index <= 5; index++) callee[index] = registers[index]!;
          this.#flow(slot + 1 + this.#immediate(slot), callee, questions);
        }
        for (let index = 0; index <= 5; index++) registers[index] = "any";
        return slot + 1;
      default:
        this.#branch(slot, opcode, registers, questions);
    }
    return -1;
  }

  #branch(slot: number, opcode: number, registers: readonly Value[], questions: bigint): void {
    const offset = this.#view.getInt16(slot * 8 + 2, true);
    const target = registers[this.#code[slot * 8 + 1]! & 15]!;
    const operand = this.#operand(slot, opcode, registers);
    const taken = opcode === MAY_GOTO ? "any" : decide(opcode >> 4, target, operand, (opcode & 7) === 5 ? 64 : 32);
    let yes = questions;
    let no = questions;
    const number = this.#questions.get(slot) ?? this.#questions.size;
    if (taken === "kernel" && number < MOST_QUESTIONS) {
      this.#questions.set(slot, number);
      yes |= 1n << BigInt(2 * number);
      no |= 1n << BigInt(2 * number + 1);
    }
    if (taken !== false) this.#flow(slot + 1 + offset, registers, yes);
    if (taken !== true) this.#flow(slot + 1, registers, no);
  }

  #wide(slot: number): bigint {
    const high = this.#view.getUint32(slot * 8 + 12, true);
    return (BigInt(high) << 32n) | BigInt(this.#immediate(slot) >>> 0);
  }

  #load(from: Value, offset: number, opcode: number): Value {
    if (typeof from !== "object") return "any";
    const mode = opcode >> 5;
    // Zero-extending loads; others of known memory still depend on nothing but the kernel.
    const size = [4, 2, 1, 8][(opcode >> 3) & 3]!;
    const value = from.read(Number(from.offset) + offset, size);
    return mode === 3 || value === "any" ? value : "kernel";
  }

  /** Everything is reached, nothing is guarded. */
  #surrender(): void {
    this.#waiting.length = 0;
    for (const state of this.#states.values()) state.questions = 0n;
    for (let slot = 0; slot < this.#length; slot++) {
      this.#reached[slot] = 1;
      if (this.#code[slot * 8] === LD_IMM64) slot++;
    }
  }

  /** A jump through a register may lead anywhere. */
  #everything(): void {
    for (let slot = 0; slot < this.#length; slot++) {
      this.#flow(slot, unknownRegisters(), 0n);
      if (this.#code[slot * 8] === LD_IMM64) slot++;
    }
  }

  /** From the questions at places where paths meet to those of every instruction. */
  #mark(): Uint8Array {
    const guarded = new Uint8Array(this.#length);
    let asked = false;
    for (let slot = 0; slot < this.#length; slot++) {
      const state = this.#states.get(slot);
      if (state !== undefined) asked = state.questions !== 0n;
      if (this.#reached[slot] === 1 && asked) guarded[slot] = 1;
    }
    return guarded;
  }

  /** Depth first, without calls: a jump back to where the path came from closes a loop. */
  #findLoop(): number {
    const color = new Uint8Array(this.#length);
    for (const root of new Set([0, ...this.#functions])) {
      if (root < 0 || root >= this.#length || color[root] !== 0) continue;
      const path: { slot: number; rest: number[] }[] = [{ slot: root, rest: this.#successors(root) }];
      color[root] = 1;
      while (path.length > 0) {
        const top = path[path.length - 1]!;
        const next = top.rest.pop();
        if (next === undefined) {
          color[top.slot] = 2;
          path.pop();
        } else if (color[next] === 1) return top.slot;
        else if (color[next] === 0) {
          color[next] = 1;
          path.push({ slot: next, rest: this.#successors(next) });
        }
      }
    }
    return -1;
  }

  #successors(slot: number): number[] {
    const opcode = this.#code[slot * 8]!;
    const kind = opcode & 7;
    const found: number[] = [];
    if (opcode === JA || opcode === JA_LONG) {
      found.push(slot + 1 + (opcode === JA ? this.#view.getInt16(slot * 8 + 2, true) : this.#immediate(slot)));
    } else if (opcode !== EXIT && opcode !== JA_REGISTER) {
      found.push(opcode === LD_IMM64 ? slot + 2 : slot + 1);
      // may_goto counts its own way out, and came after loops.
      const conditional = (kind === 5 || kind === 6) && opcode !== CALL && opcode !== MAY_GOTO;
      if (conditional) found.push(slot + 1 + this.#view.getInt16(slot * 8 + 2, true));
    }
    return found.filter((next) => next >= 0 && next < this.#length);
  }
}

/** At the entry of a function: nothing is known. */
function unknownRegisters(): Value[] {
  return new Array<Value>(REGISTERS).fill("any");
}
