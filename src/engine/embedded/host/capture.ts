/**
 * What a capture file is made of, whichever format it came in. Reading: `read-capture.ts`; writing: `write-capture.ts`.
 *
 * Times are seconds since 1970 and nanoseconds in two numbers: a nanosecond count does not fit a double, and a BigInt for
 * each packet would cost more than the packet.
 */

/** One captured frame. */
export interface CapturePacket {
  /** Whole seconds since 1970-01-01 UTC; NaN where the format records no time (pcapng's simple packet block). */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
  /** Length on the wire in bytes; more than `data.length` when the capture kept only the beginning. */
  readonly originalLength: number;
  /** Index into the reader's `interfaces`. */
  readonly interface: number;
  /** A view, not a copy: valid until the next batch is asked for. */
  readonly data: Uint8Array;
}

/** Where packets were captured. A pcap file has one; a pcapng file has any number, and they may appear at any point in it. */
export interface CaptureInterface {
  /** Number of the link type, see `link-types.ts`: 1 is Ethernet. */
  readonly linkType: number;
  /** Most bytes that were kept of a packet; 0 means no limit. */
  readonly snapLength: number;
  /** pcapng's `if_name`, e.g. `eth0`; null where the file says none. */
  readonly name: string | null;
}

/** Where a capture that was cut off ends. Everything before it has been read. */
export interface Truncation {
  /** Where the incomplete record or block begins, in bytes from the beginning (of what was decompressed, in a gzip file). */
  readonly offset: number;
  /** How many of its bytes there are, all lost. */
  readonly bytes: number;
  /** One line for people. */
  readonly reason: string;
}

/** A file that is no capture, or a damaged one. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  /** Where in the file (after decompression) it was noticed, in bytes. */
  readonly offset: number;

  constructor(offset: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.offset = offset;
  }
}

/** Longest packet that is believed, in bytes: libpcap's MAXIMUM_SNAPLEN. What claims to be longer is damage or an attack. */
export const MAX_PACKET = 262_144;
