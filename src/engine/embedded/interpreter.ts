/**
 * The reference: RFC 9669, one instruction after the other, every access checked.
 *
 * It is the oracle for generated code and what runs programs that nobody has proven, so nothing that a program does may
 * harm or hang the host: accesses outside its own memory, calls too deep and too many instructions end it with a
 * `FaultError` that says where and why. Registers and stack that were never written read as 0.
 *
 * A register is two words of an Int32Array (low, high): as fast as BigInt64Array where V8 optimizes that well, five times
 * faster where it does not, and addresses are the low word (`bench/registers.ts`). Locals in `run` and case labels as
 * literal numbers (see `operations.ts`) are for V8. Hot, all of it: nothing is allocated while a program runs.
 */

import type { FaultError } from "../errors.ts";
import { AddressSpace, FRAME_SIZE, FRAMES, FUNCTION_TAG } from "./access.ts";
import { Arguments, BYTES_PER_INSTRUCTION_LOG2 } from "./arguments.ts";
import { multiplyHigh, swap32 } from "./arithmetic.ts";
import { AtomicUnit } from "./atomics.ts";
import { CALLS, type Cpu } from "./cpu.ts";
import type { Executor, MakeExecutors, TailCaller } from "./executor.ts";
import { faultAt } from "./fault.ts";
import type { Helper, HelperCall, HelperTable, Later } from "./helpers/helper.ts";
import { calledUnderLock, Ledger, type Obligation } from "./helpers/ledger.ts";
import { MOST_TAIL_CALLS, TAIL_CALL } from "./helpers/tail-calls.ts";
import type { MapStore } from "./maps/store.ts";
import type { Memory } from "./memory.ts";
import { OPERATION } from "./operations.ts";
import type { PreparedProgram } from "./program.ts";

/** Instructions that one run may take before it is stopped: about a third of a second. */
export const DEFAULT_FUEL = 64 * 1024 * 1024;

/** @throws RangeError for what is no whole number from 1 on: with NaN, say, a loop would never end. */
export function checkFuel(fuel: number): number {
  if (Number.isSafeInteger(fuel) && fuel >= 1) return fuel;
  throw new RangeError(`fuel: expected a whole number of instructions from 1 on, found ${fuel}`);
}

/** How often `may_goto` goes on in one call of a function before it leaves the loop (BPF_MAX_LOOPS of the kernel). */
export const MAY_GOTO_LIMIT = 8 * 1024 * 1024;

// What a call saves: the slot to return to, r6 to r9, the may_goto counter.
export const SAVED_WORDS = 10;
const SAVED_COUNTER = 9;

// Words of the register file.
const R10 = 20;

const NO_MAPS: readonly MapStore[] = [];

/** Words of `Interpreter.position`. */
export const POSITION = {
  /** Slot of the next instruction. */
  pc: 0,
  /** Calls of the program's own functions that have not returned. */
  depth: 1,
  /** What is left of the `may_goto` counter. */
  loops: 2,
} as const;

/** One program on one CPU. */
export class Interpreter implements HelperCall, Executor {
  readonly program: PreparedProgram;
  readonly cpu: Cpu;
  readonly memory: Memory;
  readonly space: AddressSpace;
  readonly checked = true;
  readonly callEach = null;
  readonly shared = null;
  readonly maps: readonly MapStore[];
  /** r0 to r10, then the program's constants; low half, high half. Set r1 to r5 before a run, read r0 after it. */
  readonly registers: Int32Array;
  /** Instructions that the last run took. */
  instructions = 0;
  high = 0;
  /** What helpers took of the fuel of this run. */
  worked = 0;
  /** Set by a debugger: called before every instruction of functions that helpers call; `position` is where the run stands. */
  trace: (() => void) | null = null;
  /** Where a run that is stepped through stands (`POSITION`), and what its calls saved: the slot to return to comes first. */
  readonly position = new Int32Array(3);
  readonly saved = new Int32Array(FRAMES * SAVED_WORDS);

  readonly #wide: BigUint64Array;
  readonly #signed: BigInt64Array;
  readonly #helpers: HelperTable;
  readonly #arguments: Arguments;
  readonly #atomics: AtomicUnit;
  /** A slot with an `exit`; -1 when there is none. */
  readonly #exit: number;
  /** What the program must release before its end. */
  readonly #ledger = new Ledger();
  // Of the call of a helper that is under way: its slot, how deep it is, and the fuel that is left behind it.
  #slot = 0;
  #depth = 0;
  #left = 0;
  /** Fuel of the run, for messages. */
  #fuel = 0;
  /** The tail call under way went through: the function that made it is over. */
  #tailed = false;
  /** Functions of this program wait for the end of a program that a tail call of theirs began. */
  #waits = false;

  constructor(program: PreparedProgram, cpu: Cpu, helpers: HelperTable, maps: readonly MapStore[] = NO_MAPS) {
    this.program = program;
    this.cpu = cpu;
    this.memory = cpu.room.memory;
    this.maps = maps;
    this.space = new AddressSpace(
      this.memory,
      maps.map(({ values }) => values),
    );
    this.space.nullReads = program.nullReads;
    this.space.objects = cpu.room.heap;
    this.registers = program.registers.slice();
    this.#wide = new BigUint64Array(this.registers.buffer);
    this.#signed = new BigInt64Array(this.registers.buffer);
    this.#helpers = helpers;
    this.#arguments = new Arguments(this.registers, this.space, maps, program.taken, this.#ledger);
    this.#atomics = new AtomicUnit(this.memory);
    this.#exit = program.operation.indexOf(OPERATION.exit);
  }

  /** Zeroes r0 to r9; arguments are set after it. */
  reset(): void {
    this.registers.fill(0, 0, R10);
  }

  call(context: number, fuel: number): number {
    this.reset();
    this.registers[2] = context;
    this.run(fuel);
    return this.registers[0]!;
  }

  /** Whoever interprets finds it in the room's table. */
  offer(): void {}

  takeOver(context: number, end: number, fuel: number, caller: TailCaller): number {
    // Its frames are in use; a function below them goes on with the program itself.
    if (this.#waits)
      return new Interpreter(this.program, this.cpu, this.#helpers, this.maps).takeOver(context, end, fuel, caller);
    const { registers: r, space, memory, cpu } = this;
    space.adopt(caller.space);
    this.#place(end);
    this.#fuel = caller.fuel;
    this.reset();
    r[2] = context;
    this.#finish(fuel);
    caller.space.adopt(space);
    memory.view.setInt32(cpu.calls + CALLS.high, r[1]!, true);
    memory.view.setFloat64(cpu.calls + CALLS.fuel, this.#left, true);
    return r[0]!;
  }

  /**
   * Runs from slot 0 to the last `exit`; r0 is the result. `space` says what may be touched, its stack is set here.
   * @param fuel most instructions it may take, a whole number; memory that helpers work through counts (`arguments.ts`).
   * @throws FaultError when the program does what no verified program does, or has no fuel left.
   */
  run(fuel: number = DEFAULT_FUEL): void {
    this.begin();
    this.#fuel = fuel;
    this.#finish(fuel);
    this.instructions = fuel - this.#left - this.worked;
  }

  /** Makes ready for a run that `step` carries out. */
  begin(): void {
    this.#place(this.cpu.stackEnd);
    this.memory.words[(this.cpu.calls + CALLS.count) >>> 2] = 0;
    this.#waits = false;
  }

  /** @param end address behind the stack. */
  #place(end: number): void {
    const { registers: r, space, memory, position } = this;
    this.worked = 0;
    this.#fuel = DEFAULT_FUEL;
    this.#ledger.clear();
    position[POSITION.pc] = 0;
    position[POSITION.depth] = 0;
    position[POSITION.loops] = MAY_GOTO_LIMIT;
    space.stackEnd = end;
    space.stackLow = end - FRAME_SIZE;
    space.revokeAll();
    memory.words.fill(0, space.stackLow >>> 2, space.stackEnd >>> 2);
    r[R10] = space.stackEnd;
    r[R10 + 1] = 0;
  }

  /**
   * The next instruction of the run that `begin` began. It has no fuel: whoever steps counts.
   * @returns false when it was the last one; r0 is the result.
   * @throws FaultError as `run`; the position is still that of the instruction at fault.
   */
  step(): boolean {
    return !this.#advance(1, 0, true);
  }

  /** The rest of the run that `begin` began, as `run`. */
  resume(fuel: number): void {
    this.#fuel = fuel;
    this.#finish(fuel);
  }

  /** Goes on to the end of the program. */
  #finish(fuel: number): void {
    try {
      this.#advance(fuel, 0, false);
    } catch (error) {
      this.#ledger.abandon(this.memory);
      throw error;
    }
  }

  /**
   * Goes on from `position` until the function at depth `floor` exits; `#left` is then the fuel that is left.
   * @param pausing with no fuel left it saves the position instead of throwing.
   * @returns whether it ended.
   */
  #advance(fuel: number, floor: number, pausing: boolean): boolean {
    const { registers: r, space, program, memory, saved, position } = this;
    const { operation, dst, src, offset, extra } = program;
    const { view } = memory;
    const wide = this.#wide;
    const signed = this.#signed;

    let depth = position[POSITION.depth]!;
    let left = fuel;
    let loops = position[POSITION.loops]!;

    for (let pc = position[POSITION.pc]!; ; pc++) {
      if (--left < 0) {
        if (!pausing) throw this.#outOfFuel(pc);
        position[POSITION.pc] = pc;
        position[POSITION.depth] = depth;
        position[POSITION.loops] = loops;
        return false;
      }
      const d = dst[pc]!;
      const s = src[pc]!;
      switch (operation[pc]) {
        // ── 64-bit arithmetic, RFC 9669 §4.1 ────────────────────────────────────────────────────────────────────────
        case 0: {
          // add64
          const low = r[d]!;
          const sum = (low + r[s]!) | 0;
          r[d + 1] = r[d + 1]! + r[s + 1]! + (sum >>> 0 < low >>> 0 ? 1 : 0);
          r[d] = sum;
          break;
        }
        case 1: {
          // sub64
          const low = r[d]!;
          const other = r[s]!;
          r[d + 1] = r[d + 1]! - r[s + 1]! - (low >>> 0 < other >>> 0 ? 1 : 0);
          r[d] = low - other;
          break;
        }
        case 2: {
          // mul64
          const low = r[d]!;
          const other = r[s]!;
          r[d + 1] = multiplyHigh(low, other) + Math.imul(low, r[s + 1]!) + Math.imul(r[d + 1]!, other);
          r[d] = Math.imul(low, other);
          break;
        }
        case 3: // div64
          if ((r[d + 1]! | r[s + 1]!) === 0) r[d] = r[s] === 0 ? 0 : (r[d]! >>> 0) / (r[s]! >>> 0);
          else if ((r[s]! | r[s + 1]!) === 0) r[d] = r[d + 1] = 0;
          else wide[d >>> 1] = wide[d >>> 1]! / wide[s >>> 1]!;
          break;
        case 4: // sdiv64; the smallest number / -1 is 2^63, which the array stores as the smallest number
          if ((r[s]! | r[s + 1]!) === 0) r[d] = r[d + 1] = 0;
          else signed[d >>> 1] = signed[d >>> 1]! / signed[s >>> 1]!;
          break;
        case 5: // mod64
          if ((r[s]! | r[s + 1]!) === 0) break;
          if ((r[d + 1]! | r[s + 1]!) === 0) r[d] = (r[d]! >>> 0) % (r[s]! >>> 0);
          else wide[d >>> 1] = wide[d >>> 1]! % wide[s >>> 1]!;
          break;
        case 6: // smod64
          if ((r[s]! | r[s + 1]!) !== 0) signed[d >>> 1] = signed[d >>> 1]! % signed[s >>> 1]!;
          break;
        case 7: // or64
          r[d] = r[d]! | r[s]!;
          r[d + 1] = r[d + 1]! | r[s + 1]!;
          break;
        case 8: // and64
          r[d] = r[d]! & r[s]!;
          r[d + 1] = r[d + 1]! & r[s + 1]!;
          break;
        case 9: // xor64
          r[d] = r[d]! ^ r[s]!;
          r[d + 1] = r[d + 1]! ^ r[s + 1]!;
          break;
        case 10: {
          // lsh64
          const count = r[s]! & 63;
          if (count >= 32) {
            r[d + 1] = r[d]! << (count - 32);
            r[d] = 0;
          } else if (count > 0) {
            r[d + 1] = (r[d + 1]! << count) | (r[d]! >>> (32 - count));
            r[d] = r[d]! << count;
          }
          break;
        }
        case 11: {
          // rsh64
          const count = r[s]! & 63;
          if (count >= 32) {
            r[d] = r[d + 1]! >>> (count - 32);
            r[d + 1] = 0;
          } else if (count > 0) {
            r[d] = (r[d]! >>> count) | (r[d + 1]! << (32 - count));
            r[d + 1] = r[d + 1]! >>> count;
          }
          break;
        }
        case 12: {
          // arsh64
          const count = r[s]! & 63;
          if (count >= 32) {
            r[d] = r[d + 1]! >> (count - 32);
            r[d + 1] = r[d + 1]! >> 31;
          } else if (count > 0) {
            r[d] = (r[d]! >>> count) | (r[d + 1]! << (32 - count));
            r[d + 1] = r[d + 1]! >> count;
          }
          break;
        }
        case 13: // neg64
          r[d + 1] = -r[d + 1]! - (r[d] === 0 ? 0 : 1);
          r[d] = -r[d]!;
          break;
        case 14: // mov64
          r[d] = r[s]!;
          r[d + 1] = r[s + 1]!;
          break;

        // ── 32-bit arithmetic: the upper half becomes 0 ─────────────────────────────────────────────────────────────
        case 15: // add32
          r[d] = r[d]! + r[s]!;
          r[d + 1] = 0;
          break;
        case 16: // sub32
          r[d] = r[d]! - r[s]!;
          r[d + 1] = 0;
          break;
        case 17: // mul32
          r[d] = Math.imul(r[d]!, r[s]!);
          r[d + 1] = 0;
          break;
        case 18: // div32
          r[d] = r[s] === 0 ? 0 : (r[d]! >>> 0) / (r[s]! >>> 0);
          r[d + 1] = 0;
          break;
        case 19: // sdiv32; -2^31 / -1 is 2^31, which the array stores as -2^31
          r[d] = r[s] === 0 ? 0 : r[d]! / r[s]!;
          r[d + 1] = 0;
          break;
        case 20: // mod32
          if (r[s] !== 0) r[d] = (r[d]! >>> 0) % (r[s]! >>> 0);
          r[d + 1] = 0;
          break;
        case 21: // smod32
          if (r[s] !== 0) r[d] = r[d]! % r[s]!;
          r[d + 1] = 0;
          break;
        case 22: // or32
          r[d] = r[d]! | r[s]!;
          r[d + 1] = 0;
          break;
        case 23: // and32
          r[d] = r[d]! & r[s]!;
          r[d + 1] = 0;
          break;
        case 24: // xor32
          r[d] = r[d]! ^ r[s]!;
          r[d + 1] = 0;
          break;
        case 25: // lsh32
          r[d] = r[d]! << (r[s]! & 31);
          r[d + 1] = 0;
          break;
        case 26: // rsh32
          r[d] = r[d]! >>> (r[s]! & 31);
          r[d + 1] = 0;
          break;
        case 27: // arsh32
          r[d] = r[d]! >> (r[s]! & 31);
          r[d + 1] = 0;
          break;
        case 28: // neg32
          r[d] = -r[d]!;
          r[d + 1] = 0;
          break;
        case 29: // mov32
          r[d] = r[s]!;
          r[d + 1] = 0;
          break;

        // ── sign extension and byte swaps, RFC 9669 §4.1, §4.2 ──────────────────────────────────────────────────────
        case 30: // extend8to64
          r[d] = (r[s]! << 24) >> 24;
          r[d + 1] = r[d]! >> 31;
          break;
        case 31: // extend16to64
          r[d] = (r[s]! << 16) >> 16;
          r[d + 1] = r[d]! >> 31;
          break;
        case 32: // extend32to64
          r[d] = r[s]!;
          r[d + 1] = r[d]! >> 31;
          break;
        case 33: // extend8to32
          r[d] = (r[s]! << 24) >> 24;
          r[d + 1] = 0;
          break;
        case 34: // extend16to32
          r[d] = (r[s]! << 16) >> 16;
          r[d + 1] = 0;
          break;
        case 35: // truncate16
          r[d] = r[d]! & 0xffff;
          r[d + 1] = 0;
          break;
        case 36: // mov32Self
          r[d + 1] = 0;
          break;
        case 37: // nothing
          break;
        case 38: // swap16
          r[d] = ((r[d]! & 0xff) << 8) | ((r[d]! >>> 8) & 0xff);
          r[d + 1] = 0;
          break;
        case 39: // swap32
          r[d] = swap32(r[d]!);
          r[d + 1] = 0;
          break;
        case 40: {
          // swap64
          const low = r[d]!;
          r[d] = swap32(r[d + 1]!);
          r[d + 1] = swap32(low);
          break;
        }

        // ── loads and stores, RFC 9669 §5.1, §5.2 ───────────────────────────────────────────────────────────────────
        case 41: {
          // load1
          const address = (r[s]! >>> 0) + offset[pc]!;
          if (r[s + 1] !== 0 || !space.allows(address, 1, false)) throw this.#accessFault(pc, s, 1, false);
          r[d] = view.getUint8(address);
          r[d + 1] = 0;
          break;
        }
        case 42: {
          // load2
          const address = (r[s]! >>> 0) + offset[pc]!;
          if (r[s + 1] !== 0 || !space.allows(address, 2, false)) throw this.#accessFault(pc, s, 2, false);
          r[d] = view.getUint16(address, true);
          r[d + 1] = 0;
          break;
        }
        case 43: {
          // load4
          const address = (r[s]! >>> 0) + offset[pc]!;
          if (r[s + 1] !== 0 || !space.allows(address, 4, false)) throw this.#accessFault(pc, s, 4, false);
          r[d] = view.getInt32(address, true);
          r[d + 1] = 0;
          break;
        }
        case 44: {
          // load8
          const address = (r[s]! >>> 0) + offset[pc]!;
          if (r[s + 1] !== 0 || !space.allows(address, 8, false)) throw this.#accessFault(pc, s, 8, false);
          r[d] = view.getInt32(address, true);
          r[d + 1] = view.getInt32(address + 4, true);
          break;
        }
        case 45: {
          // loadSigned1
          const address = (r[s]! >>> 0) + offset[pc]!;
          if (r[s + 1] !== 0 || !space.allows(address, 1, false)) throw this.#accessFault(pc, s, 1, false);
          r[d] = view.getInt8(address);
          r[d + 1] = r[d]! >> 31;
          break;
        }
        case 46: {
          // loadSigned2
          const address = (r[s]! >>> 0) + offset[pc]!;
          if (r[s + 1] !== 0 || !space.allows(address, 2, false)) throw this.#accessFault(pc, s, 2, false);
          r[d] = view.getInt16(address, true);
          r[d + 1] = r[d]! >> 31;
          break;
        }
        case 47: {
          // loadSigned4
          const address = (r[s]! >>> 0) + offset[pc]!;
          if (r[s + 1] !== 0 || !space.allows(address, 4, false)) throw this.#accessFault(pc, s, 4, false);
          r[d] = view.getInt32(address, true);
          r[d + 1] = r[d]! >> 31;
          break;
        }
        case 48: {
          // store1
          const address = (r[d]! >>> 0) + offset[pc]!;
          if (r[d + 1] !== 0 || !space.allows(address, 1, true)) throw this.#accessFault(pc, d, 1, true);
          view.setInt8(address, r[s]!);
          break;
        }
        case 49: {
          // store2
          const address = (r[d]! >>> 0) + offset[pc]!;
          if (r[d + 1] !== 0 || !space.allows(address, 2, true)) throw this.#accessFault(pc, d, 2, true);
          view.setInt16(address, r[s]!, true);
          break;
        }
        case 50: {
          // store4
          const address = (r[d]! >>> 0) + offset[pc]!;
          if (r[d + 1] !== 0 || !space.allows(address, 4, true)) throw this.#accessFault(pc, d, 4, true);
          view.setInt32(address, r[s]!, true);
          break;
        }
        case 51: {
          // store8
          const address = (r[d]! >>> 0) + offset[pc]!;
          if (r[d + 1] !== 0 || !space.allows(address, 8, true)) throw this.#accessFault(pc, d, 8, true);
          view.setInt32(address, r[s]!, true);
          view.setInt32(address + 4, r[s + 1]!, true);
          break;
        }

        // ── atomics, RFC 9669 §5.3 ──────────────────────────────────────────────────────────────────────────────────
        case 52: // atomic32
          this.#atomics.modify32(this.#atomicAddress(pc, d, 4, true), extra[pc]!, r, s);
          break;
        case 53: // atomic64
          this.#atomics.modify64(this.#atomicAddress(pc, d, 8, true), extra[pc]!, r, s);
          break;
        case 54: // acquire1
          this.#atomics.loadAcquire(this.#atomicAddress(pc, s, 1, false), 1, r, d);
          break;
        case 55: // acquire2
          this.#atomics.loadAcquire(this.#atomicAddress(pc, s, 2, false), 2, r, d);
          break;
        case 56: // acquire4
          this.#atomics.loadAcquire(this.#atomicAddress(pc, s, 4, false), 4, r, d);
          break;
        case 57: // acquire8
          this.#atomics.loadAcquire(this.#atomicAddress(pc, s, 8, false), 8, r, d);
          break;
        case 58: // release1
          this.#atomics.storeRelease(this.#atomicAddress(pc, d, 1, true), 1, r[s]!, 0);
          break;
        case 59: // release2
          this.#atomics.storeRelease(this.#atomicAddress(pc, d, 2, true), 2, r[s]!, 0);
          break;
        case 60: // release4
          this.#atomics.storeRelease(this.#atomicAddress(pc, d, 4, true), 4, r[s]!, 0);
          break;
        case 61: // release8
          this.#atomics.storeRelease(this.#atomicAddress(pc, d, 8, true), 8, r[s]!, r[s + 1]!);
          break;

        // ── jumps, RFC 9669 §4.3; `offset` is the slot to go to ─────────────────────────────────────────────────────
        case 62: // jump
          pc = offset[pc]! - 1;
          break;
        case 63: // jeq64
          if (r[d] === r[s] && r[d + 1] === r[s + 1]) pc = offset[pc]! - 1;
          break;
        case 64: // jne64
          if (r[d] !== r[s] || r[d + 1] !== r[s + 1]) pc = offset[pc]! - 1;
          break;
        case 65: // jgt64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 > r[s]! >>> 0 : r[d + 1]! >>> 0 > r[s + 1]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 66: // jge64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 >= r[s]! >>> 0 : r[d + 1]! >>> 0 > r[s + 1]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 67: // jlt64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 < r[s]! >>> 0 : r[d + 1]! >>> 0 < r[s + 1]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 68: // jle64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 <= r[s]! >>> 0 : r[d + 1]! >>> 0 < r[s + 1]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 69: // jsgt64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 > r[s]! >>> 0 : r[d + 1]! > r[s + 1]!) pc = offset[pc]! - 1;
          break;
        case 70: // jsge64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 >= r[s]! >>> 0 : r[d + 1]! > r[s + 1]!) pc = offset[pc]! - 1;
          break;
        case 71: // jslt64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 < r[s]! >>> 0 : r[d + 1]! < r[s + 1]!) pc = offset[pc]! - 1;
          break;
        case 72: // jsle64
          if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 <= r[s]! >>> 0 : r[d + 1]! < r[s + 1]!) pc = offset[pc]! - 1;
          break;
        case 73: // jset64
          if (((r[d]! & r[s]!) | (r[d + 1]! & r[s + 1]!)) !== 0) pc = offset[pc]! - 1;
          break;
        case 74: // jeq32
          if (r[d] === r[s]) pc = offset[pc]! - 1;
          break;
        case 75: // jne32
          if (r[d] !== r[s]) pc = offset[pc]! - 1;
          break;
        case 76: // jgt32
          if (r[d]! >>> 0 > r[s]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 77: // jge32
          if (r[d]! >>> 0 >= r[s]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 78: // jlt32
          if (r[d]! >>> 0 < r[s]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 79: // jle32
          if (r[d]! >>> 0 <= r[s]! >>> 0) pc = offset[pc]! - 1;
          break;
        case 80: // jsgt32
          if (r[d]! > r[s]!) pc = offset[pc]! - 1;
          break;
        case 81: // jsge32
          if (r[d]! >= r[s]!) pc = offset[pc]! - 1;
          break;
        case 82: // jslt32
          if (r[d]! < r[s]!) pc = offset[pc]! - 1;
          break;
        case 83: // jsle32
          if (r[d]! <= r[s]!) pc = offset[pc]! - 1;
          break;
        case 84: // jset32
          if ((r[d]! & r[s]!) !== 0) pc = offset[pc]! - 1;
          break;
        case 85: // mayGoto: a counter for each call of a function, as the kernel keeps one in its frame
          if (loops === 0) pc = offset[pc]! - 1;
          else loops--;
          break;

        // ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────
        case 87: // callLocal
        case 88: {
          // callRegister: what it holds is a function of the program, or the number of a helper
          let target = offset[pc]!;
          if (operation[pc] === 88) {
            target = r[d]!;
            if (r[d + 1] === 0) {
              if (target === TAIL_CALL) throw faultAt(this.program, pc, "a tail call is no call by register");
              left = this.#callHelper(pc, target, depth, left, pausing);
              break;
            }
            if (r[d + 1] !== FUNCTION_TAG || !program.functions.has(target)) {
              throw faultAt(this.program, pc, "the register holds no function of this program and no helper's number");
            }
          }
          if (depth + 1 === FRAMES) throw faultAt(this.program, pc, `calls are nested deeper than ${FRAMES} functions`);
          const base = depth * SAVED_WORDS;
          saved[base] = pc;
          for (let word = 0; word < 8; word++) saved[base + 1 + word] = r[12 + word]!;
          saved[base + SAVED_COUNTER] = loops;
          depth++;
          loops = MAY_GOTO_LIMIT;
          const end = space.stackLow;
          space.stackLow = end - FRAME_SIZE;
          memory.words.fill(0, space.stackLow >>> 2, end >>> 2);
          r[R10] = end;
          pc = target - 1;
          break;
        }
        case 86: // callHelper
        case 89: {
          // exit; and a tail call, after which the function is over
          if (operation[pc] === 86) {
            left = this.#callHelper(pc, extra[pc]!, depth, left, pausing);
            if (!this.#tailed) break;
            this.#tailed = false;
          }
          if (depth === floor) {
            this.#left = left;
            if (floor === 0 && this.#ledger.size !== 0) throw this.#unreleased();
            return true;
          }
          depth--;
          const base = depth * SAVED_WORDS;
          pc = saved[base]!;
          for (let word = 0; word < 8; word++) r[12 + word] = saved[base + 1 + word]!;
          loops = saved[base + SAVED_COUNTER]!;
          space.stackLow += FRAME_SIZE;
          r[R10] = space.stackLow + FRAME_SIZE;
          break;
        }

        // ── legacy packet loads, RFC 9669 §5.5: beyond the packet they end the function with 0 ──────────────────────
        case 90: // packetAbsolute1
        case 91: // packetAbsolute2
        case 92: // packetAbsolute4
        case 93: // packetIndirect1
        case 94: // packetIndirect2
        case 95: {
          // packetIndirect4
          const code = operation[pc]! - 90;
          const size = code % 3 === 0 ? 1 : code % 3 === 1 ? 2 : 4;
          const at = extra[pc]! + (code >= 3 ? r[s]! : 0);
          const address = space.packetData + at;
          r[1] = 0;
          if (at < 0 || address + size > space.packetEnd) {
            r[0] = 0;
            if (this.#exit < 0) throw faultAt(program, pc, "a packet load beyond the packet ends its function, which has no end");
            pc = this.#exit - 1;
            break;
          }
          r[0] = size === 1 ? view.getUint8(address) : size === 2 ? view.getUint16(address) : view.getInt32(address);
          break;
        }
        case 96: // wide
          r[d] = r[s]!;
          r[d + 1] = r[s + 1]!;
          pc++;
          break;
        default: // invalid
          throw faultAt(this.program, pc, "there is no instruction at this slot");
      }
    }
  }

  // ── for helpers ───────────────────────────────────────────────────────────────────────────────────────────────────

  highOf(argument: number): number {
    return this.registers[argument * 2 + 1]!;
  }

  mapAt(handle: number): MapStore {
    const map = this.#arguments.findMap(handle >>> 0);
    if (map === null) throw new TypeError(`no map at ${handle >>> 0}`);
    return map;
  }

  callback(target: number, a: number, b: number, c: number, d: number, e: number): number {
    const { registers: r, space, saved, position, memory } = this;
    const slot = this.#slot;
    const depth = this.#depth;
    if (depth + 1 === FRAMES) throw this.fault(`calls are nested deeper than ${FRAMES} functions`);
    const held = this.#ledger.size;
    const base = depth * SAVED_WORDS;
    saved[base] = slot;
    for (let word = 0; word < 8; word++) saved[base + 1 + word] = r[12 + word]!;
    const end = space.stackLow;
    space.stackLow = end - FRAME_SIZE;
    memory.words.fill(0, space.stackLow >>> 2, end >>> 2);
    this.reset();
    r[2] = a;
    r[4] = b;
    r[6] = c;
    r[8] = d;
    r[10] = e;
    r[R10] = end;
    position[POSITION.pc] = target;
    position[POSITION.depth] = depth + 1;
    position[POSITION.loops] = MAY_GOTO_LIMIT;
    this.#within(depth + 1);
    if (this.#ledger.size !== held) throw this.#unreleased();
    for (let word = 0; word < 8; word++) r[12 + word] = saved[base + 1 + word]!;
    space.stackLow = end;
    r[R10] = end + FRAME_SIZE;
    this.#slot = slot;
    this.#depth = depth;
    return r[0]!;
  }

  /** A function that a helper calls, up to its exit; for a debugger instruction by instruction. */
  #within(floor: number): void {
    const left = this.#left;
    for (;;) {
      const { trace } = this;
      if (trace === null) {
        this.#advance(left, floor, false);
        return;
      }
      trace();
      if (this.#advance(1, floor, true)) {
        this.#left = left;
        return;
      }
    }
  }

  later(target: number): Later {
    const fuel = this.#fuel;
    return (map, key, value, keySize) => {
      const { registers: r, space, position, cpu } = this;
      const before = space.leave();
      cpu.busy = true;
      try {
        this.begin();
        this.#fuel = fuel;
        this.reset();
        r[2] = map;
        r[4] = key;
        r[6] = value;
        position[POSITION.pc] = target;
        space.grant(key, keySize, false);
        this.#finish(fuel);
        return fuel - this.#left;
      } finally {
        cpu.busy = false;
        space.adopt(before);
      }
    };
  }

  acquire(what: Obligation, address: number): void {
    if (what.isLock === true && what.nests !== true && this.#ledger.locks > 0)
      throw this.fault("a second lock is taken while one is held");
    this.#ledger.add(what, address, this.#slot);
  }

  release(what: Obligation, address: number): void {
    if (!this.#ledger.remove(what, address)) throw this.fault(`the program holds no such ${what.name}`);
  }

  hold(what: Obligation, address: number): void {
    if (!this.#ledger.holds(what, address)) throw this.fault(`the program holds no such ${what.name}`);
  }

  work(bytes: number): void {
    this.#spend(bytes >>> BYTES_PER_INSTRUCTION_LOG2);
    if (this.#left < 0) throw this.#outOfFuel(this.#slot);
  }

  fault(why: string): FaultError {
    return faultAt(this.program, this.#slot, why);
  }

  // ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @param stepping the fuel is not the run's. @returns what is left of the fuel: what a helper works through counts as instructions. */
  #callHelper(pc: number, id: number, depth: number, left: number, stepping: boolean): number {
    const helper = this.#helpers[id];
    if (helper === undefined) throw faultAt(this.program, pc, `the embedded engine offers no helper with number ${id}`);
    const r = this.registers;
    const complaint = this.#arguments.check(helper);
    if (complaint !== null) throw faultAt(this.program, pc, complaint);
    if (this.#ledger.locks > 0 && helper.underLock !== true) throw faultAt(this.program, pc, calledUnderLock(helper));
    this.#slot = pc;
    this.#depth = depth;
    this.#left = stepping ? DEFAULT_FUEL : left;
    this.#spend(this.#arguments.work);
    const result = helper.callsBack ? this.#callingBack(helper) : helper.run(this, r[2]!, r[4]!, r[6]!, r[8]!, r[10]!);
    r[0] = helper.result === "void" ? 0 : result;
    if (id === TAIL_CALL && result !== 0) {
      this.#tailCall(result, depth);
      return stepping ? left : this.#left;
    }
    r[1] = helper.result === "int" ? result >> 31 : helper.result === "u64" ? this.high : 0;
    return stepping ? left : this.#left;
  }

  /** Goes on with the program that has this number; nothing happens when it is gone, or there were too many tail calls. */
  #tailCall(number: number, depth: number): void {
    const { cpu, space, registers: r } = this;
    const { words, view } = this.memory;
    const count = (cpu.calls + CALLS.count) >>> 2;
    const target = cpu.room.programs.at(number)?.executors[cpu.id];
    r[1] = 0;
    if (target === undefined || words[count]! >= MOST_TAIL_CALLS) return;
    if (this.#ledger.size !== 0) throw this.#unreleased();
    words[count]!++;
    const end = space.stackLow + FRAME_SIZE;
    if (end - FRAMES * FRAME_SIZE < cpu.stackStart) throw this.fault("functions that made tail calls have used the stack up");
    this.#waits = depth > 0;
    const { stackLow, stackEnd } = space;
    const low = target.takeOver(r[2]!, end, this.#left, { space, fuel: this.#fuel });
    space.stackLow = stackLow;
    space.stackEnd = stackEnd;
    this.#waits = false;
    r[0] = low;
    r[1] = view.getInt32(cpu.calls + CALLS.high, true);
    this.#left = view.getFloat64(cpu.calls + CALLS.fuel, true);
    this.#tailed = true;
  }

  /** A call leaves r1 to r5 as they were, whatever functions of the program the helper calls. */
  #callingBack(helper: Helper): number {
    const r = this.registers;
    const before = r.slice(2, 12);
    const result = helper.run(this, r[2]!, r[4]!, r[6]!, r[8]!, r[10]!);
    r.set(before, 2);
    return result;
  }

  #spend(instructions: number): void {
    this.worked += instructions;
    this.#left -= instructions;
  }

  /** Address of an atomic access, checked. */
  #atomicAddress(pc: number, base: number, size: number, write: boolean): number {
    const address = (this.registers[base]! >>> 0) + this.program.offset[pc]!;
    if (this.registers[base + 1] !== 0 || !this.space.allows(address, size, write)) {
      throw this.#accessFault(pc, base, size, write);
    }
    if (address % size !== 0)
      throw faultAt(this.program, pc, `the address must be a multiple of ${size}; it is ${address % size} beyond one`);
    return address;
  }

  // ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #accessFault(pc: number, base: number, size: number, write: boolean): FaultError {
    const address = (this.registers[base]! >>> 0) + this.program.offset[pc]!;
    return faultAt(this.program, pc, this.space.complain(address, this.registers[base + 1]!, size, write));
  }

  /** Something was acquired and not released. */
  #unreleased(): FaultError {
    const { slot, why } = this.#ledger.leftOver() ?? { slot: this.#slot, why: "more was released than acquired" };
    return faultAt(this.program, slot, why);
  }

  #outOfFuel(pc: number): FaultError {
    return this.outOfFuel(pc, this.#fuel);
  }

  /** For whoever steps and counts by himself: the fault of a run that took all of its fuel. */
  outOfFuel(pc: number, fuel: number): FaultError {
    const ofHelpers = this.worked === 0 ? "" : `, of which helpers' work is worth ${Math.min(this.worked, fuel)}`;
    return faultAt(this.program, pc, `stopped after ${fuel} instructions${ofHelpers}`);
  }
}

export const interpreters: MakeExecutors = ({ code, maps }, cpus, helpers) =>
  cpus.map((cpu) => new Interpreter(code, cpu, helpers, maps));
