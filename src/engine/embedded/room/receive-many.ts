/** Many packets for many CPUs: each flow goes to one of them, so that its packets stay in order. */

import type { FaultError } from "../../errors.ts";
import { flowHash } from "./flow-hash.ts";
import type { PacketRing, RingOptions } from "./packet-ring.ts";

export interface ReceiveManyOptions extends Pick<RingOptions, "frames" | "size" | "tailRoom"> {
  /** Which CPUs work. Default: all that are threads, or CPU 0 when none is. */
  readonly cpus?: readonly number[];
  /**
   * Told of each packet, in the order of its flow: the verdict, and the packet as the program left it, a view that is valid during the
   * call.
   */
  readonly onVerdict?: (verdict: number, packet: Uint8Array, cpu: number) => void;
}

export interface ReceivedMany {
  readonly packets: number;
  /** How many packets had each verdict. */
  readonly verdicts: ReadonlyMap<number, number>;
  /** By CPU, as in `cpus`. */
  readonly perCpu: readonly number[];
  /** Packets that a program was stopped on (verdict 0), and why it was at the first. */
  readonly faults: { readonly packets: number; readonly first: FaultError | null };
}

const ETHERNET_HEADER = 14;
/** Packets that are handed over together; waking a thread costs more than one packet. */
const BATCH = 64;

type Read = (verdict: number, ring: PacketRing, frame: number) => void;

/** A ring on its way: what is filled, handed over, read. */
class Lane {
  readonly ring: PacketRing;
  packets = 0;
  /** Filled, and not handed over. */
  #filled = 0;
  /** Handed over, and not read. */
  #unread = 0;
  readonly #read: Read;

  constructor(ring: PacketRing, read: Read) {
    this.ring = ring;
    this.#read = read;
  }

  /** @returns a promise when the caller must wait before the next packet. @throws RangeError for a length that cannot be. */
  add(packet: Uint8Array): Promise<void> | null {
    const { ring } = this;
    const { size } = ring.shape;
    if (packet.length < ETHERNET_HEADER || packet.length > size)
      throw new RangeError(`packet: expected ${ETHERNET_HEADER} to ${size} bytes, found ${packet.length}`);
    const frame = (ring.next + this.#filled) & ring.mask;
    ring.frame(frame).set(packet);
    ring.lengths[frame] = packet.length;
    this.packets++;
    this.#filled++;
    if (this.#filled === BATCH || this.#filled + this.#unread === ring.frames) this.#submit();
    return this.#unread === ring.frames ? this.#drain(ring.frames >> 1) : null;
  }

  async finish(): Promise<void> {
    this.#submit();
    await this.#drain(0);
  }

  #submit(): void {
    this.ring.submit(this.#filled);
    this.#unread += this.#filled;
    this.#filled = 0;
  }

  /** Waits until at most `left` packets are not decided, and reads what is. */
  async #drain(left: number): Promise<void> {
    const { ring } = this;
    await ring.done(left);
    const decided = this.#unread - ring.pending;
    const first = ring.next - this.#unread;
    for (let at = 0; at < decided; at++) {
      const frame = (first + at) & ring.mask;
      this.#read(ring.verdicts[frame]!, ring, frame);
    }
    this.#unread -= decided;
  }
}

/** @param rings one a CPU. @param seed of the hash of flows. */
export async function receiveMany(
  packets: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  rings: readonly PacketRing[],
  seed: number,
  onVerdict: ReceiveManyOptions["onVerdict"],
): Promise<ReceivedMany> {
  const verdicts = new Map<number, number>();
  const read: Read = (verdict, ring, frame) => {
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    onVerdict?.(verdict, ring.packet(frame), ring.shape.cpu);
  };
  const lanes = rings.map((ring) => new Lane(ring, read));
  for await (const packet of packets) {
    const protocol = packet.length < ETHERNET_HEADER ? 0 : packet[12]! | (packet[13]! << 8);
    const hash = lanes.length === 1 ? 0 : flowHash(packet, ETHERNET_HEADER, packet.length, protocol, seed);
    const full = lanes[hash % lanes.length]!.add(packet);
    if (full !== null) await full;
  }
  await Promise.all(lanes.map((lane) => lane.finish()));
  return {
    packets: lanes.reduce((sum, { packets }) => sum + packets, 0),
    verdicts,
    perCpu: lanes.map(({ packets }) => packets),
    faults: {
      packets: rings.reduce((sum, { faults }) => sum + faults.packets, 0),
      first: rings.find(({ faults }) => faults.first !== null)?.faults.first ?? null,
    },
  };
}
