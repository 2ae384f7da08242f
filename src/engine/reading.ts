/**
 * Reading records as they come, in every form, for buffers of both engines: what is the same whoever keeps the buffer. An iterator takes a record
 * out when it is asked for one, and nothing before: who stops, however it stops, leaves the rest in the buffer for the next reader.
 */

import type { ConsumeOptions, RecordOptions } from "./maps.ts";
import { countOf, type Each, type EachLease, type RecordReader } from "./record-reader.ts";

/** A buffer that records are taken out of. */
export interface Readable {
  /** False once it was closed. */
  readonly isOpen: boolean;
  /** Begins to wait, as late as somebody does. */
  waiting(): Waiting | Promise<Waiting>;
}

/** Somebody waits for records of a buffer, perhaps several times. */
export interface Waiting extends Disposable {
  /**
   * Resolves when there may be records, or after `wake`. Other work of the event loop gets its turn.
   * @param taken records since the last time; `more`: not all that were there, because others shall have their turn.
   */
  wait(taken: number, more: boolean): Promise<void>;
  /** Ends every wait of this buffer: who has to stop looks up, the others wait on. */
  wake(): void;
}

/** Records that are taken out before the event loop gets its turn. */
const TURN = 2048;

const one = (): number => 1;

/** Ends with its signal, its buffer, or when it is told to. */
class Reading {
  readonly #buffer: Readable;
  readonly #signal: AbortSignal | undefined;
  #waiting: Waiting | null = null;
  #taken = 0;
  #ended = false;

  constructor(buffer: Readable, { signal }: RecordOptions) {
    this.#buffer = buffer;
    this.#signal = signal;
    signal?.addEventListener("abort", this.end);
  }

  get isOver(): boolean {
    return this.#ended || this.#signal?.aborted === true || !this.#buffer.isOpen;
  }

  took(records: number): void {
    this.#taken += records;
  }

  /** Until there may be records, or it is over. */
  async wait(more: boolean): Promise<void> {
    if (this.isOver) return;
    if (this.#waiting === null) {
      const waiting = await this.#buffer.waiting();
      // It may have ended meanwhile, and then nobody would give it back.
      if (this.isOver) return waiting[Symbol.dispose]();
      this.#waiting = waiting;
    }
    const taken = this.#taken;
    this.#taken = 0;
    await this.#waiting.wait(taken, more);
  }

  /** Also when the signal says so and nobody waits: nothing is held for whoever never asks again. */
  readonly end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.end);
    this.#waiting?.wake();
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = null;
  };
}

/** Records one by one, each taken out when it is asked for. */
export function recordsOf<Item>(buffer: Readable, reader: RecordReader, options: RecordOptions): AsyncIterableIterator<Item> {
  return new RecordIterator<Item>(buffer, options, () => reader.take() as Item | undefined, one);
}

/** As many as are there, at most so many that the event loop has its turn between two batches. */
export function batchesOf<Item>(buffer: Readable, reader: RecordReader, options: RecordOptions): AsyncIterableIterator<Item[]> {
  const take = (): Item[] | undefined => {
    const batch = reader.takeMany(TURN) as Item[];
    return batch.length > 0 ? batch : undefined;
  };
  return new RecordIterator<Item[]>(buffer, options, take, (batch) => batch.length);
}

/** Calls back with each until it is over: how many that was. */
export function consume(buffer: Readable, reader: RecordReader, each: Each, options: ConsumeOptions): Promise<number> {
  const { reuse = false } = options;
  return follow(buffer, options, (most) => reader.pass(each, most, reuse));
}

export function consumeLeased(buffer: Readable, reader: RecordReader, each: EachLease, options: RecordOptions): Promise<number> {
  return follow(buffer, options, (most) => reader.passLeased(each, most));
}

/**
 * An iterator over what `take` gives: hot, because a generator would cost three promises a record.
 * @param take what is there now, or undefined; and `weigh`, how many records that was.
 */
class RecordIterator<Item> implements AsyncIterableIterator<Item, undefined, undefined> {
  readonly #take: () => Item | undefined;
  readonly #weigh: (item: Item) => number;
  readonly #reading: Reading;
  /** Since the event loop had its turn. */
  #turn = 0;
  /** The last answer that is still waited for: answers come in the order of questions. */
  #pending: Promise<unknown> | null = null;

  constructor(buffer: Readable, options: RecordOptions, take: () => Item | undefined, weigh: (item: Item) => number) {
    this.#reading = new Reading(buffer, options);
    this.#take = take;
    this.#weigh = weigh;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#pending === null && this.#turn < TURN && !this.#reading.isOver) {
      try {
        const item = this.#takeOne();
        if (item !== undefined) return Promise.resolve({ value: item, done: false });
      } catch (error) {
        return this.#fail(error);
      }
    }
    const answer = this.#pending === null ? this.#later() : this.#pending.then(() => this.#later());
    const settled = (): void => {
      if (this.#pending === pending) this.#pending = null;
    };
    const pending: Promise<void> = answer.then(settled, settled);
    this.#pending = pending;
    return answer;
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#reading.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error: unknown): Promise<IteratorResult<Item, undefined>> {
    return this.#fail(error);
  }

  #fail(error: unknown): Promise<IteratorResult<Item, undefined>> {
    this.#reading.end();
    return Promise.reject(error);
  }

  #takeOne(): Item | undefined {
    const item = this.#take();
    if (item === undefined) return undefined;
    const records = this.#weigh(item);
    this.#turn += records;
    this.#reading.took(records);
    return item;
  }

  async #later(): Promise<IteratorResult<Item, undefined>> {
    try {
      for (;;) {
        if (this.#turn >= TURN) await this.#rest();
        if (this.#reading.isOver) break;
        const item = this.#takeOne();
        if (item !== undefined) return { value: item, done: false };
        await this.#rest();
      }
    } catch (error) {
      this.#reading.end();
      throw error;
    }
    this.#reading.end();
    return { value: undefined, done: true };
  }

  async #rest(): Promise<void> {
    const more = this.#turn >= TURN;
    this.#turn = 0;
    await this.#reading.wait(more);
  }
}

/**
 * Takes records out as they come until it is over: how many that was.
 * @param take takes out at most so many, and answers as `RecordReader.pass` does.
 * @throws what `take` throws.
 */
async function follow(buffer: Readable, options: RecordOptions, take: (most: number) => number): Promise<number> {
  const reading = new Reading(buffer, options);
  let total = 0;
  try {
    while (!reading.isOver) {
      const taken = take(TURN);
      if (taken < 0) return total + countOf(taken);
      total += taken;
      reading.took(taken);
      await reading.wait(taken === TURN);
    }
    return total;
  } finally {
    reading.end();
  }
}
