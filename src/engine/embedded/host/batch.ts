import type { CapturePacket } from "./capture.ts";

/**
 * Some consecutive packets of a capture, in columns: nothing is allocated or copied for a packet until somebody asks for it
 * as an object. The reader refills one batch again and again: it is valid until the next one is asked for.
 */
export class CaptureBatch implements Iterable<CapturePacket> {
  /** Most packets that a batch holds. */
  static readonly CAPACITY = 1024;

  /** How many packets there are. */
  length = 0;
  /** The bytes of the file in which all packets of this batch are. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where in `bytes` each packet begins. */
  readonly offsets = new Uint32Array(CaptureBatch.CAPACITY);
  /** How many bytes of each packet were kept. */
  readonly lengths = new Uint32Array(CaptureBatch.CAPACITY);
  readonly originalLengths = new Uint32Array(CaptureBatch.CAPACITY);
  readonly interfaces = new Uint32Array(CaptureBatch.CAPACITY);
  readonly seconds = new Float64Array(CaptureBatch.CAPACITY);
  readonly nanoseconds = new Uint32Array(CaptureBatch.CAPACITY);

  get full(): boolean {
    return this.length === CaptureBatch.CAPACITY;
  }

  /** The bytes of packet `index`: a view. */
  data(index: number): Uint8Array {
    const offset = this.offsets[index]!;
    return this.bytes.subarray(offset, offset + this.lengths[index]!);
  }

  packet(index: number): CapturePacket {
    return {
      seconds: this.seconds[index]!,
      nanoseconds: this.nanoseconds[index]!,
      originalLength: this.originalLengths[index]!,
      interface: this.interfaces[index]!,
      data: this.data(index),
    };
  }

  *[Symbol.iterator](): IterableIterator<CapturePacket> {
    for (let index = 0; index < this.length; index++) yield this.packet(index);
  }
}
