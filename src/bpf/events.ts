/** Records for user space: ring buffers, perf event arrays, and lines of text for people who debug. */

import type { MapDeclaration } from "../object/module.ts";
import type { bool, i64, u64 } from "./integers.ts";
import type { MapOptions, PlacedOptions } from "./maps.ts";
import { notCompiled } from "./not-compiled.ts";

/** One buffer for all CPUs, whose records user space reads in their order: `for await (const event of events.records())`. */
export interface RingBuffer<Item> extends MapDeclaration<"ringbuf", never, Item> {
  /**
   * Room for one record, to be filled in place, or null when the buffer is full. Its fields are undefined until they are
   * assigned, bytes between fields are zeroes. On every path it must be handed to `submit` or `discard`, once; after that
   * it is not there any more. (`bpf_ringbuf_reserve`)
   */
  reserve(): Item | null;
  /** Hands a reserved record to user space. Flags: `BPF_RB_NO_WAKEUP`, `BPF_RB_FORCE_WAKEUP`. (`bpf_ringbuf_submit`) */
  submit(record: Item, flags?: u64): void;
  /** Gives a reserved record up. (`bpf_ringbuf_discard`) */
  discard(record: Item, flags?: u64): void;
  /** Copies a record into the buffer; false when it is full. (`bpf_ringbuf_output`) */
  output(record: Item, flags?: u64): bool;
  /** `BPF_RB_AVAIL_DATA`: bytes that wait to be read; `BPF_RB_RING_SIZE`, `BPF_RB_CONS_POS`, `BPF_RB_PROD_POS`. (`bpf_ringbuf_query`) */
  query(what: u64): u64;
}

/** A buffer for each CPU. For kernels before 5.8, and for records with the bytes of a packet behind them. */
export interface PerfEventArray<Item extends object> extends MapDeclaration<"perf_event_array", never, Item> {
  /**
   * Copies a record into this CPU's buffer (or that of the CPU in the flags); false when nobody reads it, or it is full. Of programs on
   * packets, the upper half of the flags is how many bytes of the packet follow: `u64(BPF_F_CURRENT_CPU) | (u64(64) << 32)`.
   * (`bpf_perf_event_output`)
   */
  output(ctx: object, record: Item, flags?: u64): bool;
}

/** A buffer of records that user space puts in, `maps.commands.submit({ … })`, and programs take out. */
export interface UserRingBuffer<Item> extends MapDeclaration<"user_ringbuf", never, Item> {
  /**
   * Calls a function with a copy of each record that is there, oldest first, until it returns true; how many that was, or a negative error.
   * Records that are shorter than their type are passed over. (`bpf_user_ringbuf_drain`)
   */
  drain<State = undefined>(callback: (record: Item, state: State) => boolean | void, state?: State): i64;
}

/** `maxEntries` is the size in bytes: a power of two, at least 4,096. Linux 6.1, `BPF_MAP_TYPE_USER_RINGBUF`. */
export function userRingBuffer<Item>(_options: MapOptions): UserRingBuffer<Item> {
  return notCompiled("userRingBuffer");
}

/** `maxEntries` is the size in bytes: a power of two, at least 4,096. Linux 5.8, `BPF_MAP_TYPE_RINGBUF`. */
export function ringBuffer<Item>(_options: MapOptions): RingBuffer<Item> {
  return notCompiled("ringBuffer");
}

/** Records are structs. Linux 4.3, `BPF_MAP_TYPE_PERF_EVENT_ARRAY`. */
export function perfEventArray<Item extends object>(_options?: Partial<MapOptions> & PlacedOptions): PerfEventArray<Item> {
  return notCompiled("perfEventArray");
}

/**
 * A line in the kernel's trace (`bpftool prog tracelog`), for debugging: ``print(`pid ${pid} from ${address}`)``. Numbers are decimal,
 * `${flags.toString(16)}` is hexadecimal; bools are 1 or 0; addresses and strings are text. Up to three values by `bpf_trace_printk`, up to
 * twelve by `bpf_trace_vprintk` (Linux 5.16).
 */
export function print(_text: string): void {
  notCompiled("print");
}
