/** Plays a capture through a packet device, as fast as it takes them, and keeps the books. */

import { FaultError } from "../../errors.ts";
import type { PacketDevice } from "../room/packet-host.ts";
import { CaptureBatch } from "./batch.ts";
import type { CaptureInterface, CapturePacket, Truncation } from "./capture.ts";
import { ETHERNET, linkTypeName } from "./link-types.ts";
import type { CaptureReader } from "./read-capture.ts";

/**
 * What a replay needs of a packet device of the engine. `receive` gets one time object that changes from call to call; a program
 * that faults throws FaultError, and its verdict is XDP_ABORTED.
 */
export type ReplayDevice = Pick<PacketDevice, "receive" | "packet">;

export interface PacketTime {
  /** Whole seconds since 1970. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

export interface ReplayOptions {
  /**
   * Called with every packet that was given to the device, right after: to write it somewhere. The packet is as the program
   * left it; its data is a view of the engine's memory that is valid during the call. The call is not timed; but every packet
   * is then timed by itself, and looking at the clock that often adds some 100 ns to each.
   */
  readonly onVerdict?: (verdict: number, packet: CapturePacket) => void;
  /** Called now and then, some 50 times a second at most, with how many packets were given so far. */
  readonly onProgress?: (packets: number) => void;
  /**
   * Ends the replay early, within some 20 ms and the packet at hand, or at most 64 packets after one in whose run it was asked; the
   * result is of what was replayed until then.
   */
  readonly signal?: AbortSignal;
}

export interface Tally {
  readonly packets: number;
  /** As captured, Ethernet header included. */
  readonly bytes: number;
}

export interface ReplayResult extends Tally {
  /** What became of the packets, most frequent verdict first. */
  readonly verdicts: readonly (Tally & { readonly verdict: number })[];
  /** Packets that were not given to the device, by reason, for people: `link type LINUX_SLL …, not Ethernet`. */
  readonly skipped: readonly (Tally & { readonly reason: string })[];
  /** Packets of which the capture holds only the beginning (they were given to the device like that). */
  readonly cutShort: number;
  /** How many packets the program faulted on (counted as verdict 0, XDP_ABORTED), and the first of the faults. */
  readonly faults: { readonly packets: number; readonly first: FaultError | null };
  /** Time in `receive`, reading and writing files excluded; null when no packet was given. In nanoseconds. */
  readonly time: { readonly total: number; readonly meanPerPacket: number; readonly medianPerPacket: number } | null;
  /** Times of the first and last packet given; null when there was none with a time. */
  readonly captured: { readonly first: PacketTime; readonly last: PacketTime } | null;
  /** What the end of the capture lost; null when it is whole. */
  readonly truncated: Truncation | null;
}

/** Shortest and longest frame that a program can be given: an Ethernet header, and what the kernel's lengths can say. */
const SHORTEST = 14;
const LONGEST = 65_535;

/** Most packets between two looks at the clock: looking costs as much as a short program. */
const GROUP = 64;

/** How long other work (a signal, a timer) waits at most, in milliseconds, unless a single packet takes longer. */
const PATIENCE = 20;

/**
 * Reads the capture to its end.
 * @throws CaptureError when the capture is damaged; what `receive` throws other than FaultError.
 */
export async function replay(reader: CaptureReader, device: ReplayDevice, options: ReplayOptions = {}): Promise<ReplayResult> {
  const { signal, onVerdict, onProgress } = options;
  const books = new Books();
  // A program may take long for each packet: begin with one, take more while that is quick.
  let group = 1;
  let breathed = performance.now();
  for await (const batch of reader) {
    if (signal?.aborted) break;
    for (let start = 0; start < batch.length; ) {
      const end = Math.min(start + group, batch.length);
      playGroup(batch, start, end, reader.interfaces, device, books);
      if (onVerdict !== undefined && books.given[start] === 1) {
        onVerdict(books.verdicts[start]!, asLeft(batch.packet(start), device.packet));
      }
      // Who asks from within the run is heard now, whatever the clock says.
      if (signal?.aborted) return books.result(reader.truncated);
      start = end;
      const waited = performance.now() - breathed;
      if (onVerdict === undefined) group = waited > PATIENCE ? 1 : Math.min(group * 2, GROUP);
      if (waited <= PATIENCE) continue;
      onProgress?.(books.packets);
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      if (signal?.aborted) return books.result(reader.truncated);
      breathed = performance.now();
    }
  }
  return books.result(reader.truncated);
}

/** What a program cut off or added counts in the length on the wire too, also when the capture kept only the beginning. */
function asLeft(packet: CapturePacket, data: Uint8Array): CapturePacket {
  return { ...packet, data, originalLength: packet.originalLength - packet.data.length + data.length };
}

/** Hot. Timed as a whole; what must not be timed comes before or after. */
function playGroup(
  batch: CaptureBatch,
  start: number,
  end: number,
  interfaces: readonly CaptureInterface[],
  device: ReplayDevice,
  books: Books,
): void {
  const { given, verdicts, when } = books;
  let count = 0;
  for (let index = start; index < end; index++) {
    const fits = books.fits(batch, index, interfaces);
    given[index] = fits ? 1 : 0;
    if (fits) count++;
  }
  if (count === 0) return;
  const began = performance.now();
  for (let index = start; index < end; index++) {
    if (given[index] === 0) continue;
    const seconds = batch.seconds[index]!;
    if (!Number.isNaN(seconds)) {
      when.seconds = seconds;
      when.nanoseconds = batch.nanoseconds[index]!;
    }
    try {
      verdicts[index] = device.receive(batch.data(index), when);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      verdicts[index] = 0;
      books.fault(error);
    }
  }
  books.timed((performance.now() - began) * 1e6, count);
  for (let index = start; index < end; index++) {
    if (given[index] === 1) books.count(batch, index);
  }
}

/** What is counted on the way. */
class Books {
  /** Of the batch at hand: whether each packet was given to the device, and its verdict. */
  readonly given = new Uint8Array(CaptureBatch.CAPACITY);
  readonly verdicts = new Uint32Array(CaptureBatch.CAPACITY);
  /** Handed to the device; a packet without a time of its own keeps the time of the one before it. */
  readonly when = { seconds: 0, nanoseconds: 0 };
  readonly #tallies = new Map<number, { packets: number; bytes: number }>();
  readonly #skipped = new Map<string, { packets: number; bytes: number }>();
  readonly #samples = new Samples();
  /** Given to the device so far. */
  packets = 0;
  #cutShort = 0;
  #faults = 0;
  #firstFault: FaultError | null = null;
  #total = 0;
  #first: PacketTime | null = null;
  #last = { seconds: 0, nanoseconds: 0 };

  /** Whether a packet can be given to a program; when not, it is written down why. */
  fits(batch: CaptureBatch, index: number, interfaces: readonly CaptureInterface[]): boolean {
    const linkType = interfaces[batch.interfaces[index]!]?.linkType;
    const length = batch.lengths[index]!;
    if (linkType === ETHERNET && length >= SHORTEST && length <= LONGEST) return true;
    let reason = `shorter than an Ethernet header (${SHORTEST} bytes)`;
    if (length > LONGEST) reason = `longer than ${LONGEST} bytes`;
    if (linkType !== ETHERNET) reason = `${linkTypeName(linkType ?? -1)}, not Ethernet`;
    add(this.#skipped, reason, length);
    return false;
  }

  count(batch: CaptureBatch, index: number): void {
    const length = batch.lengths[index]!;
    add(this.#tallies, this.verdicts[index]!, length);
    if (batch.originalLengths[index]! > length) this.#cutShort++;
    const seconds = batch.seconds[index]!;
    if (Number.isNaN(seconds)) return;
    this.#last.seconds = seconds;
    this.#last.nanoseconds = batch.nanoseconds[index]!;
    this.#first ??= { ...this.#last };
  }

  timed(nanoseconds: number, packets: number): void {
    this.packets += packets;
    this.#total += nanoseconds;
    this.#samples.add(nanoseconds / packets);
  }

  fault(error: FaultError): void {
    this.#faults++;
    this.#firstFault ??= error;
  }

  result(truncated: Truncation | null): ReplayResult {
    const verdicts = [...this.#tallies].map(([verdict, tally]) => ({ verdict, ...tally }));
    const packets = verdicts.reduce((sum, tally) => sum + tally.packets, 0);
    const total = this.#total;
    return {
      packets,
      bytes: verdicts.reduce((sum, tally) => sum + tally.bytes, 0),
      verdicts: verdicts.sort((left, right) => right.packets - left.packets || left.verdict - right.verdict),
      skipped: [...this.#skipped].map(([reason, tally]) => ({ reason, ...tally })),
      cutShort: this.#cutShort,
      faults: { packets: this.#faults, first: this.#firstFault },
      time: packets === 0 ? null : { total, meanPerPacket: total / packets, medianPerPacket: this.#samples.median() },
      captured: this.#first === null ? null : { first: this.#first, last: { ...this.#last } },
      truncated,
    };
  }
}

function add<Key>(tallies: Map<Key, { packets: number; bytes: number }>, key: Key, bytes: number): void {
  const tally = tallies.get(key);
  if (tally === undefined) {
    tallies.set(key, { packets: 1, bytes });
    return;
  }
  tally.packets++;
  tally.bytes += bytes;
}

/** Measurements, in constant memory: when there are too many, every other one is forgotten, and from then on not taken. */
class Samples {
  readonly #values = new Float64Array(16_384);
  #length = 0;
  #stride = 1;
  #seen = 0;

  add(value: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.#length === this.#values.length) {
      this.#length /= 2;
      for (let index = 0; index < this.#length; index++) this.#values[index] = this.#values[index * 2]!;
      this.#stride *= 2;
      if ((this.#seen - 1) % this.#stride !== 0) return;
    }
    this.#values[this.#length++] = value;
  }

  median(): number {
    const sorted = this.#values.slice(0, this.#length).sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }
}
