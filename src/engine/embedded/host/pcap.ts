/**
 * The classic capture format of libpcap. Source: draft-ietf-opsawg-pcap, and libpcap's sf-pcap.c for what old writers did.
 * A header of 24 bytes, then records: a header of 16 bytes and the packet. All in the byte order of the machine that wrote it.
 */

import type { CaptureBatch } from "./batch.ts";
import { CaptureError, type CaptureInterface, MAX_PACKET } from "./capture.ts";
import type { CaptureParser } from "./parser.ts";

export const PCAP_HEADER = 24;

/** Nanoseconds in a unit of the record's second time field, and the length of a record header, by magic number. */
const VARIANTS: ReadonlyMap<number, { readonly unit: number; readonly recordHeader: number }> = new Map([
  [0xa1b2c3d4, { unit: 1000, recordHeader: 16 }],
  [0xa1b23c4d, { unit: 1, recordHeader: 16 }],
  // Alexey Kuznetsov's patched libpcap of the 1990s: interface index, protocol and packet type follow in each record header.
  [0xa1b2cd34, { unit: 1000, recordHeader: 24 }],
]);

/** Whether the four bytes at the beginning say pcap; the byte order with it. */
export function pcapByteOrder(head: DataView): "little" | "big" | null {
  if (head.byteLength < 4) return null;
  if (VARIANTS.has(head.getUint32(0, true))) return "little";
  return VARIANTS.has(head.getUint32(0, false)) ? "big" : null;
}

export class PcapParser implements CaptureParser {
  readonly format = "pcap";
  readonly interfaces: readonly CaptureInterface[];
  need: number;
  skip = 0;
  readonly #littleEndian: boolean;
  readonly #unit: number;
  readonly #recordHeader: number;
  /** Which of the two length fields is the captured one: before version 2.3 the second, in 2.3 the smaller. */
  readonly #lengths: "captured first" | "captured second" | "captured smaller";

  /** @throws CaptureError when the header is of a version that nobody writes. */
  constructor(header: DataView, byteOrder: "little" | "big") {
    const little = byteOrder === "little";
    const variant = VARIANTS.get(header.getUint32(0, little))!;
    const major = header.getUint16(4, little);
    const minor = header.getUint16(6, little);
    if (major !== 2) throw new CaptureError(4, `pcap version ${major}.${minor} is not known, only 2.x is`);
    this.#littleEndian = little;
    this.#unit = variant.unit;
    this.#recordHeader = variant.recordHeader;
    this.#lengths = minor < 3 ? "captured second" : minor === 3 ? "captured smaller" : "captured first";
    this.need = variant.recordHeader;
    // The upper half of the last field tells of a frame check sequence; the link type is the lower half.
    const linkType = header.getUint32(20, little) & 0xffff;
    this.interfaces = [{ linkType, snapLength: header.getUint32(16, little), name: null }];
  }

  /** Hot: once for each packet, and allocates nothing. */
  parse(view: DataView, start: number, end: number, base: number, batch: CaptureBatch): number {
    const little = this.#littleEndian;
    const header = this.#recordHeader;
    let at = start;
    this.need = header;
    while (!batch.full && end - at >= header) {
      let captured = view.getUint32(at + 8, little);
      let original = view.getUint32(at + 12, little);
      if (this.#lengths === "captured second" || (this.#lengths === "captured smaller" && captured > original)) {
        const second = original;
        original = captured;
        captured = second;
      }
      if (captured > MAX_PACKET) {
        this.need = 0;
        if (batch.length > 0) break; // first what is whole, and the complaint when we come here again
        throw new CaptureError(
          base + at,
          `damaged pcap: the record at byte ${base + at} claims ${captured} bytes, a packet has at most ${MAX_PACKET}`,
        );
      }
      if (end - at < header + captured) {
        this.need = header + captured;
        break;
      }
      const index = batch.length++;
      const fraction = view.getUint32(at + 4, little) * this.#unit;
      const carry = fraction >= 1e9 ? Math.floor(fraction / 1e9) : 0; // not normal, but seen from careless writers
      batch.seconds[index] = view.getUint32(at, little) + carry;
      batch.nanoseconds[index] = fraction - carry * 1e9;
      batch.offsets[index] = at + header;
      batch.lengths[index] = captured;
      batch.originalLengths[index] = original;
      batch.interfaces[index] = 0;
      at += header + captured;
    }
    return at;
  }
}
