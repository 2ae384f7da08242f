/**
 * Dynptrs: 16 bytes in a program's stack that say where memory of a size known at run time is (`struct bpf_dynptr_kern`,
 * kernel/bpf/helpers.c). The kernel's verifier lets nobody but helpers write them; here what they lead to is checked when they are used.
 *
 *     0   u64   address of the memory; of a packet: of the program's context
 *     8   u32   bits 0 to 23 size, 28 to 30 type, 31 read-only
 *     12  u32   offset of the first byte
 */

import type { HelperCall } from "./helpers/helper.ts";
import { E2BIG, EINVAL } from "./maps/errno.ts";

export const DYNPTR_SIZE = 16;
/** DYNPTR_MAX_SIZE */
export const LONGEST_DYNPTR = (1 << 24) - 1;

export const DYNPTR = { local: 1, ring: 2, skb: 3, xdp: 4 } as const;

const TYPE_SHIFT = 28;
const READ_ONLY = 0x8000_0000;

export function initDynptr(call: HelperCall, at: number, type: number, data: number, size: number, readOnly = false): void {
  const { words } = call.memory;
  const word = at >>> 2;
  words[word] = data;
  words[word + 1] = 0;
  words[word + 2] = (size | (type << TYPE_SHIFT) | (readOnly ? READ_ONLY : 0)) >>> 0;
  words[word + 3] = 0;
}

export const clearDynptr = (call: HelperCall, at: number): void => {
  call.memory.words.fill(0, at >>> 2, (at >>> 2) + 4);
};

/** What a dynptr in memory says. Made for each call: dynptrs are for what is not hot. */
export class Dynptr {
  readonly #call: HelperCall;
  readonly #word: number;

  /** @param at where it is: 8-byte aligned in the stack of verified programs. */
  constructor(call: HelperCall, at: number) {
    if ((at & 7) !== 0) throw call.fault("a dynptr is at a multiple of 8");
    this.#call = call;
    this.#word = at >>> 2;
  }

  get data(): number {
    return this.#call.memory.words[this.#word]!;
  }

  get #flags(): number {
    return this.#call.memory.words[this.#word + 2]!;
  }

  get size(): number {
    return this.#flags & LONGEST_DYNPTR;
  }

  get type(): number {
    return (this.#flags >>> TYPE_SHIFT) & 7;
  }

  get isReadOnly(): boolean {
    return this.#flags >>> 31 === 1;
  }

  get isPacket(): boolean {
    return this.type === DYNPTR.skb || this.type === DYNPTR.xdp;
  }

  get offset(): number {
    return this.#call.memory.words[this.#word + 3]!;
  }

  /** Leaves `end - start` bytes from `start` on. */
  narrow(start: number, end: number): void {
    const { words } = this.#call.memory;
    words[this.#word + 3]! += start;
    words[this.#word + 2] = ((this.#flags & ~LONGEST_DYNPTR) | (end - start)) >>> 0;
  }

  copyTo(at: number): void {
    this.#call.memory.words.copyWithin(at >>> 2, this.#word, this.#word + 4);
  }

  /** `bpf_dynptr_check_off_len`: 0, or -E2BIG. */
  refuse(offset: number, length: number): number {
    const { size } = this;
    return length > size || offset > size - length ? -E2BIG : 0;
  }

  /**
   * Address of `length` bytes at `offset`, which `refuse` found within it; a negated error number where the packet has become shorter.
   * @throws FaultError when the program may not touch them: it wrote this dynptr itself.
   */
  locate(offset: number, length: number, write: boolean): number {
    const { space } = this.#call;
    const start = this.isPacket ? space.packetData : this.data;
    const at = start + this.offset + offset;
    if (this.isPacket && at + length > space.packetEnd) return -EINVAL;
    if (length > 0 && this.#call.checked && !space.allows(at, length, write)) {
      throw this.#call.fault(`the dynptr is none that a helper made: ${space.complain(at, 0, length, write)}`);
    }
    return at;
  }
}
