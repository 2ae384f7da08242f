/**
 * The kernel's ring buffer in linear memory (kernel/bpf/ringbuf.c): records of any length between one position that the producer moves
 * and one that the consumer moves.
 *
 *     consumer   u64   bytes consumed so far          (a cache line of its own)
 *     producer   u64   bytes reserved so far          (another one); then words of its own
 *     record     u32   length, bit 31: busy, bit 30: discarded
 *                u32   distance of the record from the start of the data, in pages of 4,096 bytes
 *                …     the bytes; the next record begins at a multiple of 8
 *
 * Positions never wrap to 0; a record is at its position modulo the size, a power of two. The data area is twice the size, as the
 * kernel maps its pages twice in a row: a record that reaches over the end goes on behind it, in one piece. Readers and writers find a
 * record by where it begins, so nothing has to be copied to the front.
 *
 * Positions are compared by their lower halves, as no more than a size lies between them.
 */

import { backgroundTimer } from "../clock.ts";
import type { Memory } from "../memory.ts";
import { EAGAIN, EINVAL } from "./errno.ts";

export const BUSY = 0x8000_0000;
export const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
export const RECORD_HEADER = 8;

/** Flags of output and submit, from linux/bpf.h. */
export const BPF_RB_NO_WAKEUP = 1;
export const BPF_RB_FORCE_WAKEUP = 2;

// Words behind the producer's position.
const PENDING = 2;
const LOCK = 3;
const LOST = 4;
/** Counts wake-ups; other threads wait for it to change. */
const WAKEUPS = 5;

/** How often a thread looks at a lock that another one holds before it gives up: some seconds, as that one may not be running. */
const PATIENCE = 1 << 29;
/** Milliseconds after which who waits for another thread's records looks for them anyway. */
const LONGEST_SLEEP = 50;

/** Size of the data, so that another thread can find its way by the address alone. */
const SIZE = 8;
/** Bytes of a cache line: the consumer's, then the producer's, then the data. */
const LINE = 64;

/** Bytes of memory that a ring with room for `size` bytes takes; addresses that are not touched cost nothing. */
export const ringBytes = (size: number): number => 2 * LINE + 2 * size;

export class Ring {
  /** Address of the consumer's position; the producer's, in the next line; the data behind that. */
  readonly start: number;
  readonly data: number;
  /** Bytes that fit, a power of two. */
  readonly size: number;
  readonly mask: number;
  readonly #memory: Memory;
  readonly #words: Uint32Array;
  readonly #shared: boolean;
  readonly #consumer: number;
  readonly #producer: number;
  /** In this thread, whoever waits for records. */
  readonly #sleepers = new Set<() => void>();

  /** @param start of `ringBytes(size)` bytes, zeroed; without a size, of a ring that was made there already. */
  constructor(memory: Memory, start: number, size?: number) {
    this.#memory = memory;
    this.#words = memory.words;
    this.#shared = memory.shared;
    this.start = start;
    this.data = start + 2 * LINE;
    this.#consumer = start >>> 2;
    this.#producer = (start + LINE) >>> 2;
    if (size !== undefined) this.#words[this.#producer + SIZE] = size;
    this.size = this.#words[this.#producer + SIZE]!;
    this.mask = this.size - 1;
  }

  /** Positions, lower halves. */
  get consumed(): number {
    return this.#load(this.#consumer);
  }

  get produced(): number {
    return this.#load(this.#producer);
  }

  /** Upper halves. */
  get consumedHigh(): number {
    return this.#load(this.#consumer + 1);
  }

  get producedHigh(): number {
    return this.#load(this.#producer + 1);
  }

  /** Bytes between them. */
  get available(): number {
    return (this.produced - this.consumed) >>> 0;
  }

  /** Records that found no room. */
  get lost(): number {
    return this.#load(this.#producer + LOST);
  }

  /** Room for a record of `size` bytes: the address of its bytes, or 0 when there is none now, or never will be. Hot. */
  reserve(size: number): number {
    const length = align(size + RECORD_HEADER);
    if (size >>> 0 > LENGTH || length > this.size) return this.#none();
    if (this.#shared && !this.#lock()) return this.#none();
    const words = this.#words;
    const producer = this.#producer;
    const consumed = this.consumed;
    const from = words[producer]!;
    let pending = words[producer + PENDING]!;
    while (pending !== from) {
      const header = this.#load((this.data + (pending & this.mask)) >>> 2);
      if ((header & BUSY) !== 0) break;
      pending = (pending + align((header & LENGTH) + RECORD_HEADER)) >>> 0;
      // Lengths that a program spoilt lead anywhere: not further than where the producer is.
      if ((from - pending) >>> 0 > this.mask) pending = from;
    }
    words[producer + PENDING] = pending;
    const to = (from + length) >>> 0;
    const full = (to - consumed) >>> 0 > this.mask || (to - pending) >>> 0 > this.mask;
    const at = this.data + (from & this.mask);
    if (!full) {
      words[at >>> 2] = (size | BUSY) >>> 0;
      words[(at >>> 2) + 1] = (from & this.mask) >>> 12;
      this.#advance(producer, to);
    }
    if (this.#shared) Atomics.store(words, producer + LOCK, 0);
    return full ? this.#none() : at + RECORD_HEADER;
  }

  /** Whether an address is that of a record that was reserved and not yet given back. */
  holds(address: number): boolean {
    const offset = address - RECORD_HEADER - this.data;
    return (
      offset >= 0 && offset < this.size && (offset & 7) === 0 && (this.#words[(address - RECORD_HEADER) >>> 2]! & BUSY) !== 0
    );
  }

  /** Gives a reserved record to the consumer, or (`discard`) takes it back. Hot. */
  commit(address: number, flags: number, discard: boolean): void {
    const at = address - RECORD_HEADER;
    const length = this.#words[at >>> 2]! & LENGTH;
    this.#store(at >>> 2, discard ? length | DISCARDED : length);
    const next = this.consumed & this.mask;
    if ((flags & BPF_RB_FORCE_WAKEUP) !== 0) this.wake();
    else if (next === at - this.data && (flags & BPF_RB_NO_WAKEUP) === 0) this.wake();
  }

  /** Copies a record in: 0, or a negated error number. Hot. */
  output(from: number, size: number, flags: number): number {
    if ((flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) !== 0) return -EINVAL;
    const at = this.reserve(size);
    if (at === 0) return -EAGAIN;
    this.#memory.bytes.copyWithin(at, from, from + size);
    this.commit(at, flags, false);
    return 0;
  }

  // ── the consumer's side ───────────────────────────────────────────────────────────────────────────────────────────

  /** The header of the next record, bits and all; -1 when there is none, or it is still being written. */
  next(): number {
    const { available } = this;
    // Positions that a program spoilt: nothing that lies there can be believed.
    if (available > this.size) this.#advance(this.#consumer, this.produced);
    if (available === 0 || available > this.size) return -1;
    const header = this.#load((this.data + (this.consumed & this.mask)) >>> 2);
    return (header & BUSY) !== 0 ? -1 : header;
  }

  /** Address of the next record's bytes. */
  get record(): number {
    return this.data + (this.consumed & this.mask) + RECORD_HEADER;
  }

  /** Goes on behind the next record. @param length of its bytes. */
  consume(length: number): void {
    this.#advance(this.#consumer, (this.consumed + align(length + RECORD_HEADER)) >>> 0);
  }

  /** Length of the next record that user space may see; -1 when there is none. What was discarded is passed over. */
  find(): number {
    for (;;) {
      const header = this.next();
      if (header < 0) return -1;
      const length = header & LENGTH;
      // A length that a program spoilt must not lead beyond what was produced.
      if (align(length + RECORD_HEADER) > this.available) this.#advance(this.#consumer, this.produced);
      else if ((header & DISCARDED) !== 0) this.consume(length);
      else return length;
    }
  }

  // ── sleeping and waking ───────────────────────────────────────────────────────────────────────────────────────────

  /** Tells whoever waits. */
  wake(): void {
    for (const sleeper of [...this.#sleepers]) sleeper();
    if (!this.#shared) return;
    const at = this.#producer + WAKEUPS;
    Atomics.add(this.#words, at, 1);
    Atomics.notify(new Int32Array(this.#memory.buffer), at);
  }

  /** Resolves at the next wake-up, in whichever thread it happens, or when `stop` resolves. */
  async sleep(stop: Promise<void>): Promise<void> {
    let wake = (): void => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#sleepers.add(wake);
    const waiting: Promise<unknown>[] = [woken, stop];
    if (this.#shared) {
      const at = this.#producer + WAKEUPS;
      const cells = new Int32Array(this.#memory.buffer);
      // A wake-up between the last look and now would be missed: not for longer than this.
      const result = Atomics.waitAsync(cells, at, Atomics.load(cells, at), LONGEST_SLEEP);
      if (result.async) waiting.push(result.value);
      // Now and then (seen with Node 24) a `waitAsync` resolves neither when it is notified nor when its time is over.
      timer = backgroundTimer(wake, LONGEST_SLEEP);
    }
    try {
      await Promise.race(waiting);
    } finally {
      clearTimeout(timer);
      this.#sleepers.delete(wake);
    }
  }

  #none(): number {
    if (this.#shared) Atomics.add(this.#words, this.#producer + LOST, 1);
    else this.#words[this.#producer + LOST]!++;
    return 0;
  }

  /** Moves a position; the upper half counts how often the lower one came round. */
  #advance(position: number, to: number): void {
    if (to < this.#words[position]!) this.#words[position + 1]!++;
    this.#store(position, to);
  }

  #load(index: number): number {
    return this.#shared ? Atomics.load(this.#words, index) : this.#words[index]!;
  }

  #store(index: number, word: number): void {
    if (this.#shared) Atomics.store(this.#words, index, word >>> 0);
    else this.#words[index] = word;
  }

  #lock(): boolean {
    const at = this.#producer + LOCK;
    for (let left = PATIENCE; left > 0; left--) {
      if (Atomics.load(this.#words, at) === 0 && Atomics.compareExchange(this.#words, at, 0, 1) === 0) return true;
    }
    return false;
  }
}

const align = (size: number): number => (size + 7) & ~7;
