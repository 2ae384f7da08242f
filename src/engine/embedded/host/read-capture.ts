/**
 * Reads captures of any size in constant memory: pcap and pcapng, both byte orders, as they are or compressed by gzip.
 *
 *     const reader = await openCapture(createReadStream("office.pcap"));
 *     for await (const batch of reader) for (const packet of batch) …
 *     if (reader.truncated !== null) console.warn(reader.truncated.reason);
 *
 * A file that ends in the middle of a record is used as far as it goes. A file that contradicts itself is given out up to that
 * point, and then a `CaptureError` is thrown: nothing after it can be trusted.
 */

import { CaptureBatch } from "./batch.ts";
import { CaptureError, type CaptureInterface, type CapturePacket, type Truncation } from "./capture.ts";
import { describeFirstBytes } from "./first-bytes.ts";
import { GZIP_MAGIC_LENGTH, gunzip, isGzip } from "./gzip.ts";
import type { CaptureParser } from "./parser.ts";
import { PCAP_HEADER, PcapParser, pcapByteOrder } from "./pcap.ts";
import { isPcapng, PcapngParser } from "./pcapng.ts";
import { ByteWindow, type CaptureSource } from "./window.ts";

export { CaptureError, type CaptureInterface, type CapturePacket, type Truncation } from "./capture.ts";
export type { CaptureSource } from "./window.ts";

/**
 * Reads as far as the kind of file is known.
 * @throws CaptureError when it is not a capture, or of a version that is not known; what the source throws.
 */
export async function openCapture(source: CaptureSource): Promise<CaptureReader> {
  let window = new ByteWindow(source);
  try {
    await window.gather(GZIP_MAGIC_LENGTH);
    const compressed = isGzip(window.bytes);
    if (compressed) {
      window = new ByteWindow(gunzip(window.rest()));
      await window.gather(4);
    }
    return new CaptureReader(window, await parserFor(window, compressed), compressed);
  } catch (error) {
    await window.close();
    throw error;
  }
}

async function parserFor(window: ByteWindow, compressed: boolean): Promise<CaptureParser> {
  if (isPcapng(window.view)) return new PcapngParser();
  const byteOrder = pcapByteOrder(window.view);
  if (byteOrder === null) {
    await window.gather(64);
    const seen = describeFirstBytes(window.bytes.subarray(0, 64));
    throw new CaptureError(
      0,
      `not a capture: this is ${compressed ? "gzip of " : ""}${seen}; pcap and pcapng are read, and gzip of them`,
    );
  }
  await window.gather(PCAP_HEADER);
  if (window.available < PCAP_HEADER) {
    throw new CaptureError(
      0,
      `not a whole capture: its header takes ${PCAP_HEADER} bytes, the file ends after ${window.available}`,
    );
  }
  const parser = new PcapParser(window.view, byteOrder);
  window.start += PCAP_HEADER;
  return parser;
}

/** An open capture. It can be read once. */
export class CaptureReader implements AsyncIterable<CaptureBatch> {
  readonly format: "pcap" | "pcapng";
  readonly compressed: boolean;
  /** How many packets were given out so far. */
  packets = 0;
  /** What was lost at the end of a file that was cut off; null before the end is reached, and when nothing was. */
  truncated: Truncation | null = null;
  #started = false;
  readonly #window: ByteWindow;
  readonly #parser: CaptureParser;

  /** Use `openCapture`. */
  constructor(window: ByteWindow, parser: CaptureParser, compressed: boolean) {
    this.#window = window;
    this.#parser = parser;
    this.format = parser.format;
    this.compressed = compressed;
  }

  /** A packet's `interface` is an index into these. In a pcapng file they appear while it is read, always before their packets. */
  get interfaces(): readonly CaptureInterface[] {
    return this.#parser.interfaces;
  }

  /**
   * The packets in file order, up to 1024 at a time. The same batch object is refilled: use it up before asking for the next.
   * @throws CaptureError where the file is damaged, after the packets before that place; TypeError the second time.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<CaptureBatch, void, undefined> {
    if (this.#started) throw new TypeError("a capture can be read once: open it again");
    this.#started = true;
    const window = this.#window;
    const parser = this.#parser;
    const batch = new CaptureBatch();
    try {
      for (;;) {
        batch.length = 0;
        batch.bytes = window.bytes;
        window.start = parser.parse(window.view, window.start, window.end, window.base, batch);
        if (batch.length > 0) {
          this.packets += batch.length;
          yield batch;
          continue;
        }
        const offset = window.base + window.start;
        if (parser.skip > 0) {
          const skipped = await window.discard(parser.skip);
          if (skipped === parser.skip) continue;
          this.#cutOff(offset, skipped, parser.skip);
          return;
        }
        await window.gather(parser.need);
        if (window.available >= parser.need) continue;
        if (window.available > 0 || window.cutOff !== null) this.#cutOff(offset, window.available, parser.need);
        return;
      }
    } finally {
      await window.close();
    }
  }

  /** One packet at a time, for convenience; each is a view, valid until the next batch. */
  async *each(): AsyncGenerator<CapturePacket, void, undefined> {
    for await (const batch of this) yield* batch;
  }

  #cutOff(offset: number, bytes: number, wanted: number): void {
    const what = this.format === "pcap" ? "record" : "block";
    const compressed = this.#window.cutOff === null ? "" : `: ${this.#window.cutOff.message}`;
    const reason =
      bytes === 0
        ? `the file is cut off after ${offset} bytes, between two ${what}s${compressed}`
        : `the file is cut off: of a ${what} at byte ${offset} that takes at least ${wanted} bytes there are ${bytes}${compressed}`;
    this.truncated = { offset, bytes, reason };
  }
}
