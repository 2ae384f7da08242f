import type { CaptureBatch } from "./batch.ts";
import type { CaptureInterface } from "./capture.ts";

/** The part of a reader that knows a format. It sees bytes, never a stream: whoever calls gathers what it needs. */
export interface CaptureParser {
  readonly format: "pcap" | "pcapng";
  /** Grows while a pcapng file is read. */
  readonly interfaces: readonly CaptureInterface[];
  /**
   * After `parse`: how many bytes, from the offset it returned, it must be given to get on. Never more than the largest
   * record that is believed, whatever the file claims.
   */
  readonly need: number;
  /** After `parse`: how many bytes, from the offset it returned, belong to nothing of interest. They need not be gathered. */
  readonly skip: number;
  /**
   * Puts the whole records of `view` between `start` and `end` into `batch` (whose `bytes` are those of `view`) until it is full.
   * `base` is the file offset of the view's byte 0, for messages. Returns the offset after the last record that it used up.
   * @throws CaptureError at damage, when called with an empty batch: never before the packets ahead of it were given out.
   */
  parse(view: DataView, start: number, end: number, base: number, batch: CaptureBatch): number;
}
