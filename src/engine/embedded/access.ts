/**
 * What one program on one CPU may touch, and the words for what it may not.
 *
 * A program that no verifier has proven runs in checked mode: every access must lie in its stack, the packet, the
 * context or one value of one of its maps. The checks are exact to the byte: the end of a packet or of a map's value is
 * the end, whatever lies behind it in memory.
 */

import type { Conditions } from "../../verifier/verdict.ts";
import type { ValueArea } from "./maps/store.ts";
import { ALIGNMENT, type Memory, PAGE } from "./memory.ts";

/** Bytes of stack of one function (MAX_BPF_STACK), and how deep local calls nest (MAX_CALL_FRAMES). */
export const FRAME_SIZE = 512;
export const FRAMES = 8;

/** Memory that is neither a program's nor a map's: what the room presents of a kernel. */
export interface KernelMemory {
  /** Whether all of that memory is inside one object. */
  holds(address: number, end: number): boolean;
}

/** Which accesses of a context are allowed, by offset; the kernel knows it of each program type. */
export interface ContextRules {
  allows(offset: number, size: number, write: boolean): boolean;
}

export class AddressSpace {
  // Half-open ranges of addresses; an empty one allows nothing. Set before each run, moved by helpers during it.
  stackLow = 0;
  stackEnd = 0;
  /** Where its head room begins. */
  packetHead = 0;
  /** From `data_meta` to `data_end`. */
  packetStart = 0;
  packetEnd = 0;
  /** Where `data` begins, for messages. */
  packetData = 0;
  /** How far the packet may grow at its end. */
  packetLimit = 0;
  contextStart = 0;
  contextEnd = 0;
  contextWritable = false;
  /** The objects of a kernel that programs on events may read; null for all others. */
  kernel: KernelMemory | null = null;
  /** What programs allocate: theirs to read and write as long as it is there. */
  objects: KernelMemory | null = null;
  /** Whether loads through null read 0, as those of typed pointers to the kernel's objects do (BPF_PROBE_MEM). */
  nullReads = false;
  /** Where they are set, they alone say what of the context may be touched. */
  contextRules: ContextRules | null = null;
  /** What the program's proof leaves to its host: the context and buffers that it is given must be as long. */
  conditions: Conditions | null = null;

  readonly #memory: Memory;
  /** Of the maps that the program refers to, then of those that it found in them during this run. */
  readonly #areas: ValueArea[];
  readonly #ownAreas: number;
  // The value that was touched last.
  #valueStart = 0;
  #valueEnd = 0;
  #valueWritable = false;
  /** What helpers gave the program during this run, latest last: start, end, writable, three numbers each. */
  readonly #grants: number[] = [];

  /** @param areas values of the maps that the program refers to. */
  constructor(memory: Memory, areas: readonly ValueArea[]) {
    this.#memory = memory;
    this.#areas = [...areas];
    this.#ownAreas = areas.length;
  }

  /** Whether `size` bytes from `address` on (both ≥ 0, `address` < 2^32 + 2^15) may be read, or written. Hot. */
  allows(address: number, size: number, write: boolean): boolean {
    const end = address + size;
    if (address >= this.stackLow && end <= this.stackEnd) return true;
    if (address >= this.packetStart && end <= this.packetEnd) return true;
    if (address >= this.#valueStart && end <= this.#valueEnd) return this.#valueWritable || !write;
    if (address >= this.contextStart && end <= this.contextEnd) {
      const { contextRules: rules } = this;
      return rules === null ? this.contextWritable || !write : rules.allows(address - this.contextStart, size, write);
    }
    if (this.#findValue(address, end)) return this.#valueWritable || !write;
    if (this.#grants.length > 0 && this.#isGranted(address, end, write)) return true;
    if (this.objects?.holds(address, end) === true) return true;
    return this.kernel !== null && !write && ((this.nullReads && address >= 0 && end <= PAGE) || this.kernel.holds(address, end));
  }

  /**
   * Opens `size` bytes from `start` on to the program until `revoke` or the end of its run: a record that it reserved, an inner map's
   * value, what an iterator stands on.
   */
  grant(start: number, size: number, writable: boolean): void {
    this.#grants.push(start, start + size, writable ? 1 : 0);
  }

  /** Opens the values of a map that the program found in another one, until the end of its run. */
  open(area: ValueArea): void {
    if (!this.#areas.includes(area)) this.#areas.push(area);
  }

  /** Takes back what was granted at `start` last; nothing, when nothing was. */
  revoke(start: number): void {
    const grants = this.#grants;
    for (let at = grants.length - 3; at >= 0; at -= 3) {
      if (grants[at] !== start) continue;
      // `splice` makes an array of what it takes out; mostly it is the latest.
      if (at === grants.length - 3) for (let left = 3; left > 0; left--) grants.pop();
      else grants.splice(at, 3);
      return;
    }
  }

  /** Nothing of packet and context may be touched for now. @returns what to `adopt` afterwards. */
  leave(): AddressSpace {
    const before = new AddressSpace(this.#memory, []);
    before.adopt(this);
    this.adopt(new AddressSpace(this.#memory, []));
    return before;
  }

  /** What a host or a program left of packet and context elsewhere is in place here, too. */
  adopt(other: AddressSpace): void {
    this.packetStart = other.packetStart;
    this.packetEnd = other.packetEnd;
    this.packetData = other.packetData;
    this.packetLimit = other.packetLimit;
    this.contextStart = other.contextStart;
    this.contextEnd = other.contextEnd;
    this.contextWritable = other.contextWritable;
    this.kernel = other.kernel;
  }

  /** A run begins: nothing is granted. Hot. */
  revokeAll(): void {
    // Setting the length leaves compiled code, also when nothing changes: 25 ns.
    if (this.#grants.length > 0) this.#grants.length = 0;
    if (this.#areas.length > this.#ownAreas) {
      this.#areas.length = this.#ownAreas;
      this.#valueStart = this.#valueEnd = 0;
    }
  }

  /** The length of the text that begins at an address, up to a NUL; -1 when there is none before what may not be read. */
  textLength(address: number): number {
    const { bytes } = this.#memory;
    for (let at = address; this.allows(at, 1, false); at++) if (bytes[at] === 0) return at - address;
    return -1;
  }

  #isGranted(address: number, end: number, write: boolean): boolean {
    const grants = this.#grants;
    for (let at = grants.length - 3; at >= 0; at -= 3) {
      if (address >= grants[at]! && end <= grants[at + 1]! && (!write || grants[at + 2] === 1)) return true;
    }
    return false;
  }

  #findValue(address: number, end: number): boolean {
    for (const area of this.#areas) {
      if (address < area.start || address >= area.end) continue;
      const start = address - ((address - area.start) % area.stride);
      if (end > start + area.size) return false;
      this.#valueStart = start;
      this.#valueEnd = start + area.size;
      this.#valueWritable = area.writable;
      return true;
    }
    return false;
  }

  /**
   * Why an access is not allowed: `reads 4 bytes at packet+58: the packet has 60`.
   * @param high the upper half of the 64-bit address.
   */
  complain(address: number, high: number, size: number, write: boolean): string {
    const what = `${write ? "writes" : "reads"} ${size} byte${size === 1 ? "" : "s"} at`;
    if (high !== 0) {
      const hex = ((BigInt(high >>> 0) << 32n) + BigInt(address)).toString(16);
      return high === FUNCTION_TAG
        ? `${what} 0x${hex}: that is a function, which has no bytes to ${write ? "write" : "read"}`
        : `${what} 0x${hex}: addresses have 32 bits, so this is a number and no pointer`;
    }
    if (address < 65_536) return `${what} ${address === 0 ? "the null pointer" : `null${plus(address)}`}: check for null before`;

    // Which of its places did it miss? One that it is in, or just behind, or just before.
    for (const area of this.#areas) {
      if (address >= area.head && address < area.head + ALIGNMENT) {
        return `${what} ${area.name}${plus(address - area.head)}: that is a map, which has no bytes to ${write ? "write" : "read"}`;
      }
      if (address < area.start || address >= area.end) continue;
      const offset = (address - area.start) % area.stride;
      if (write && !area.writable && offset + size <= area.size) {
        return `${what} a value of ${area.name}+${offset}: programs may only read this map`;
      }
      return `${what} a value of ${area.name}+${offset}: the value has ${area.size} bytes`;
    }
    const region = this.#memory.regionAt(address);
    if (address >= this.contextStart - NEAR && address < this.contextEnd + NEAR) {
      const length = this.contextEnd - this.contextStart;
      const inside = address >= this.contextStart && address + size <= this.contextEnd;
      if (inside && this.contextRules !== null)
        return `${what} context${plus(address - this.contextStart)}: programs of this type may not ${write ? "write" : "read"} that there`;
      return `${what} context${plus(address - this.contextStart)}: ${inside ? "programs may only read it" : `the context has ${length}`}`;
    }
    const stackStart = this.stackEnd - FRAMES * FRAME_SIZE;
    if (address >= stackStart - NEAR && address < this.stackEnd + NEAR) {
      const why = address < this.stackLow ? `the stack has ${FRAME_SIZE}` : "the stack ends at r10";
      return `${what} r10${plus(address - this.stackLow - FRAME_SIZE)}: ${why}`;
    }
    const inPacketArea = region !== undefined && this.packetStart >= region.start && this.packetEnd <= region.start + region.size;
    if (this.packetEnd > 0 && (inPacketArea || (address >= this.packetStart - NEAR && address < this.packetEnd + NEAR))) {
      const at = `${what} packet${plus(address - this.packetData)}`;
      return address < this.packetStart
        ? `${at}: it begins at packet${plus(this.packetStart - this.packetData)}`
        : `${at}: the packet has ${this.packetEnd - this.packetData}`;
    }
    const place = region === undefined ? "nothing is there" : `that is ${region.name}, which this program may not touch`;
    return `${what} 0x${address.toString(16)}: ${place}`;
  }
}

const plus = (value: number): string => (value < 0 ? `${value}` : `+${value}`);

/** How far from a place an access is still said to have missed it. Regions are at least as far apart. */
const NEAR = ALIGNMENT;

/** Upper half of what a wide instruction loads for a function: no address has one, so it cannot be followed. */
export const FUNCTION_TAG = 0x2;
