/**
 * Read-modify-write instructions (RFC 9669 §5.3), and loads and stores with order.
 *
 * In a memory that workers share they go through `Atomics`, which is sequentially consistent: more than the RFC asks. In
 * a memory of one thread nothing can come between a read and a write, so plain accesses are atomic, and need no BigInt.
 * Addresses are checked by the caller: inside, and a multiple of the size.
 */

import type { Memory } from "./memory.ts";

// `imm` of the instruction, without the fetch bit where both forms exist.
const FETCH = 0x01;
const ADD = 0x00;
const OR = 0x40;
const AND = 0x50;
const XOR = 0xa0;
const EXCHANGE = 0xe0;
const COMPARE_EXCHANGE = 0xf0;

export class AtomicUnit {
  readonly #view: DataView;
  readonly #words: Int32Array | null;
  readonly #doubles: BigInt64Array | null;
  readonly #halves: Uint16Array | null;
  readonly #bytes: Uint8Array | null;

  constructor(memory: Memory) {
    const { buffer, shared } = memory;
    this.#view = memory.view;
    this.#words = shared ? new Int32Array(buffer) : null;
    this.#doubles = shared ? new BigInt64Array(buffer) : null;
    this.#halves = shared ? new Uint16Array(buffer) : null;
    this.#bytes = shared ? memory.bytes : null;
  }

  /** `registers` is the register file, `s` the source register's first word; r0 is at 0. */
  modify32(address: number, code: number, registers: Int32Array, s: number): void {
    const operand = registers[s]!;
    const operation = code & ~FETCH;
    const expected = registers[0]!;
    let old: number;
    if (this.#words !== null) {
      old = sharedOld32(this.#words, address >>> 2, operation, operand, expected);
    } else {
      old = this.#view.getInt32(address, true);
      const fresh = combine(operation, old, operand, old === expected);
      this.#view.setInt32(address, operation === ADD ? old + operand : fresh, true);
    }
    if ((code & FETCH) === 0) return;
    const into = operation === COMPARE_EXCHANGE ? 0 : s;
    registers[into] = old;
    registers[into + 1] = 0;
  }

  modify64(address: number, code: number, registers: Int32Array, s: number): void {
    const operation = code & ~FETCH;
    const into = operation === COMPARE_EXCHANGE ? 0 : s;
    if (this.#doubles !== null) {
      const pair = new BigInt64Array(registers.buffer, registers.byteOffset, registers.length >>> 1);
      const old = sharedOld64(this.#doubles, address / 8, operation, pair[s >>> 1]!, pair[0]!);
      if ((code & FETCH) !== 0) pair[into >>> 1] = old;
      return;
    }
    const view = this.#view;
    const low = registers[s]!;
    const high = registers[s + 1]!;
    const oldLow = view.getInt32(address, true);
    const oldHigh = view.getInt32(address + 4, true);
    if (operation === ADD) {
      const sum = (oldLow + low) | 0;
      view.setInt32(address, sum, true);
      view.setInt32(address + 4, oldHigh + high + (sum >>> 0 < low >>> 0 ? 1 : 0), true);
    } else {
      const equal = oldLow === registers[0] && oldHigh === registers[1];
      view.setInt32(address, combine(operation, oldLow, low, equal), true);
      view.setInt32(address + 4, combine(operation, oldHigh, high, equal), true);
    }
    if ((code & FETCH) === 0) return;
    registers[into] = oldLow;
    registers[into + 1] = oldHigh;
  }

  /** Loads into the register whose first word is `d`, zero-extended. */
  loadAcquire(address: number, size: number, registers: Int32Array, d: number): void {
    const view = this.#view;
    registers[d + 1] = 0;
    if (size === 8) {
      if (this.#doubles === null) {
        registers[d] = view.getInt32(address, true);
        registers[d + 1] = view.getInt32(address + 4, true);
      } else {
        const value = Atomics.load(this.#doubles, address / 8);
        registers[d] = Number(BigInt.asIntN(32, value));
        registers[d + 1] = Number(BigInt.asIntN(32, value >> 32n));
      }
    } else if (size === 4) {
      registers[d] = this.#words === null ? view.getInt32(address, true) : Atomics.load(this.#words, address >>> 2);
    } else if (size === 2) {
      registers[d] = this.#halves === null ? view.getUint16(address, true) : Atomics.load(this.#halves, address >>> 1);
    } else {
      registers[d] = this.#bytes === null ? view.getUint8(address) : Atomics.load(this.#bytes, address);
    }
  }

  storeRelease(address: number, size: number, low: number, high: number): void {
    const view = this.#view;
    if (size === 8) {
      if (this.#doubles === null) {
        view.setInt32(address, low, true);
        view.setInt32(address + 4, high, true);
      } else {
        Atomics.store(this.#doubles, address / 8, (BigInt(high) << 32n) | BigInt(low >>> 0));
      }
    } else if (size === 4) {
      if (this.#words === null) view.setInt32(address, low, true);
      else Atomics.store(this.#words, address >>> 2, low);
    } else if (size === 2) {
      if (this.#halves === null) view.setUint16(address, low, true);
      else Atomics.store(this.#halves, address >>> 1, low);
    } else if (this.#bytes === null) view.setUint8(address, low);
    else Atomics.store(this.#bytes, address, low);
  }
}

/** One half of what is written; `equal`: whether compare-and-exchange found what it expected. */
function combine(operation: number, old: number, operand: number, equal: boolean): number {
  switch (operation) {
    case OR:
      return old | operand;
    case AND:
      return old & operand;
    case XOR:
      return old ^ operand;
    case EXCHANGE:
      return operand;
    default:
      return equal ? operand : old;
  }
}

function sharedOld32(words: Int32Array, index: number, operation: number, operand: number, expected: number): number {
  switch (operation) {
    case ADD:
      return Atomics.add(words, index, operand);
    case OR:
      return Atomics.or(words, index, operand);
    case AND:
      return Atomics.and(words, index, operand);
    case XOR:
      return Atomics.xor(words, index, operand);
    case EXCHANGE:
      return Atomics.exchange(words, index, operand);
    default:
      return Atomics.compareExchange(words, index, expected, operand);
  }
}

function sharedOld64(doubles: BigInt64Array, index: number, operation: number, operand: bigint, expected: bigint): bigint {
  switch (operation) {
    case ADD:
      return Atomics.add(doubles, index, operand);
    case OR:
      return Atomics.or(doubles, index, operand);
    case AND:
      return Atomics.and(doubles, index, operand);
    case XOR:
      return Atomics.xor(doubles, index, operand);
    case EXCHANGE:
      return Atomics.exchange(doubles, index, operand);
    default:
      return Atomics.compareExchange(doubles, index, expected, operand);
  }
}
