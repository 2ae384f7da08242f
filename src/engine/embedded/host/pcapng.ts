/**
 * The block format of Wireshark. Source: draft-ietf-opsawg-pcapng. A file is a row of sections, each with its own byte order,
 * interfaces and packets; every block says its length at both ends. Blocks without packets are skipped, whatever they are.
 */

import type { CaptureBatch } from "./batch.ts";
import { CaptureError, type CaptureInterface, MAX_PACKET } from "./capture.ts";
import type { CaptureParser } from "./parser.ts";
import { type Ticks, ticksOf, writeTime } from "./ticks.ts";

const SECTION_HEADER = 0x0a0d0d0a; // reads the same in both byte orders
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Length of a block without a body: type, length, length. */
const EMPTY_BLOCK = 12;

/** Shortest that each block we read can be, its own fixed fields included. */
const SHORTEST: Readonly<Record<number, number>> = {
  [SECTION_HEADER]: 28,
  [INTERFACE_DESCRIPTION]: 20,
  [OBSOLETE_PACKET]: 32,
  [SIMPLE_PACKET]: 16,
  [ENHANCED_PACKET]: 32,
};

/** Longest block that is gathered in memory: a packet, and options beyond reason. Longer ones are damage, or skipped. */
const MAX_BLOCK = MAX_PACKET + 65_536;

/** Most interfaces that are believed: an attacker must not fill our memory with descriptions of nothing. */
const MAX_INTERFACES = 65_536;

/** Bytes of an interface's name that are kept: Linux's have at most 15, Windows' about 60. */
const MAX_NAME = 256;

const IF_NAME = 2;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;

export function isPcapng(head: DataView): boolean {
  return head.byteLength >= 4 && head.getUint32(0, true) === SECTION_HEADER;
}

export class PcapngParser implements CaptureParser {
  readonly format = "pcapng";
  readonly interfaces: CaptureInterface[] = [];
  need = EMPTY_BLOCK;
  skip = 0;
  #littleEndian = true;
  /** A section counts its interfaces from 0; ours go on: index into `interfaces` of the section's first. */
  #firstInterface = 0;
  /** How each interface counts time; as `interfaces`. */
  readonly #ticks: Ticks[] = [];

  parse(view: DataView, start: number, end: number, base: number, batch: CaptureBatch): number {
    let at = start;
    this.skip = 0;
    this.need = EMPTY_BLOCK;
    while (!batch.full && end - at >= EMPTY_BLOCK) {
      const type = view.getUint32(at, this.#littleEndian);
      // Damage and new interfaces wait until the packets before them were given out.
      if (type === SECTION_HEADER) {
        if (batch.length > 0) break;
        this.#littleEndian = byteOrderOf(view, at, base);
      }
      const length = view.getUint32(at + 4, this.#littleEndian);
      const shortest = SHORTEST[type];
      const problem = lengthProblem(length, shortest);
      if (problem !== null) {
        if (batch.length > 0) break;
        throw damaged(base + at, `the block at byte ${base + at} claims a length of ${length} bytes: ${problem}`);
      }
      if (shortest === undefined && length > end - at) {
        this.skip = length;
        break;
      }
      if (length > end - at) {
        this.need = length;
        break;
      }
      if (shortest !== undefined) {
        if (view.getUint32(at + length - 4, this.#littleEndian) !== length) {
          if (batch.length > 0) break;
          throw damaged(base + at, `the block at byte ${base + at} has two different lengths at its two ends`);
        }
        if (!this.#block(type, view, at, length, base, batch)) break;
      }
      at += length;
    }
    return at;
  }

  /** Returns false when this must wait until the batch was given out. */
  #block(type: number, view: DataView, at: number, length: number, base: number, batch: CaptureBatch): boolean {
    const little = this.#littleEndian;
    if (type === ENHANCED_PACKET) {
      const time = at + 12;
      return this.#packet(
        view,
        at,
        length,
        view.getUint32(at + 8, little),
        time,
        28,
        view.getUint32(at + 20, little),
        base,
        batch,
      );
    }
    if (type === OBSOLETE_PACKET) {
      const time = at + 12;
      return this.#packet(
        view,
        at,
        length,
        view.getUint16(at + 8, little),
        time,
        28,
        view.getUint32(at + 20, little),
        base,
        batch,
      );
    }
    if (type === SIMPLE_PACKET) {
      // How much was kept is not said: all, or what the section's first interface keeps, and the rest of the block is padding.
      const snapLength = this.interfaces[this.#firstInterface]?.snapLength || MAX_PACKET;
      const captured = Math.min(view.getUint32(at + 8, little), snapLength, length - 16);
      return this.#packet(view, at, length, 0, -1, 12, captured, base, batch);
    }
    if (batch.length > 0) return false;
    if (type === SECTION_HEADER) {
      const major = view.getUint16(at + 12, little);
      if (major !== 1)
        throw new CaptureError(base + at, `pcapng version ${major}.${view.getUint16(at + 14, little)} is not known, only 1.x is`);
      this.#firstInterface = this.interfaces.length;
    } else {
      this.#interface(view, at, length, base);
    }
    return true;
  }

  /** Hot: once for each packet. `time` is -1 where there is none; `header` is where the packet begins in its block. */
  #packet(
    view: DataView,
    at: number,
    length: number,
    localInterface: number,
    time: number,
    header: number,
    captured: number,
    base: number,
    batch: CaptureBatch,
  ): boolean {
    const index = batch.length;
    const id = this.#firstInterface + localInterface;
    const ticks = this.#ticks[id];
    if (ticks === undefined || captured > length - header - 4 || captured > MAX_PACKET) {
      if (index > 0) return false;
      const place = `the packet at byte ${base + at}`;
      if (ticks !== undefined)
        throw damaged(base + at, `${place} claims ${captured} bytes, more than its block has or a packet can have`);
      throw damaged(
        base + at,
        `${place} is of interface ${localInterface}, and this section has described ${this.interfaces.length - this.#firstInterface}`,
      );
    }
    const little = this.#littleEndian;
    if (time < 0) {
      batch.seconds[index] = Number.NaN;
      batch.nanoseconds[index] = 0;
    } else {
      writeTime(batch, index, ticks, view.getUint32(time, little), view.getUint32(time + 4, little));
    }
    batch.offsets[index] = at + header;
    batch.lengths[index] = captured;
    batch.originalLengths[index] = view.getUint32(at + header - 4, little); // the field before the packet, in all three blocks
    batch.interfaces[index] = id;
    batch.length = index + 1;
    return true;
  }

  #interface(view: DataView, at: number, length: number, base: number): void {
    const little = this.#littleEndian;
    if (this.interfaces.length >= MAX_INTERFACES) throw damaged(base + at, `it describes more than ${MAX_INTERFACES} interfaces`);
    let name: string | null = null;
    let resolution = 6;
    let offset = 0;
    const end = at + length - 4;
    for (let option = at + 16; option + 4 <= end; ) {
      const code = view.getUint16(option, little);
      const size = view.getUint16(option + 2, little);
      const value = option + 4;
      if (code === 0) break;
      if (value + size > end) throw damaged(base + option, `the option at byte ${base + option} reaches beyond its block`);
      if (code === IF_NAME)
        name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + value, Math.min(size, MAX_NAME)));
      if (code === IF_TSRESOL && size >= 1) resolution = view.getUint8(value);
      if (code === IF_TSOFFSET && size >= 8) offset = Number(view.getBigInt64(value, little));
      option = value + ((size + 3) & ~3);
    }
    this.interfaces.push({ linkType: view.getUint16(at + 8, little), snapLength: view.getUint32(at + 12, little), name });
    this.#ticks.push(ticksOf(resolution, offset));
  }
}

function byteOrderOf(view: DataView, at: number, base: number): boolean {
  if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) return true;
  if (view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC) return false;
  throw damaged(base + at + 8, `the section at byte ${base + at} does not say its byte order`);
}

function lengthProblem(length: number, shortest: number | undefined): string | null {
  if (length % 4 !== 0) return "not a multiple of 4";
  if (length < (shortest ?? EMPTY_BLOCK)) return `shorter than the ${shortest ?? EMPTY_BLOCK} bytes of its fixed fields`;
  return shortest !== undefined && length > MAX_BLOCK ? `longer than the ${MAX_BLOCK} that are believed` : null;
}

function damaged(offset: number, what: string): CaptureError {
  return new CaptureError(offset, `damaged pcapng: ${what}`);
}
