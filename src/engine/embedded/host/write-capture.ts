/**
 * Writes pcap: little-endian, with nanoseconds, which tcpdump, Wireshark and everything on libpcap ≥ 1.5 read.
 *
 *     const writer = new CaptureWriter();
 *     for (const packet of packets) {
 *       writer.add(packet);
 *       if (writer.pending >= 65_536) await file.write(writer.take());
 *     }
 *     await file.write(writer.take());     // a file without packets has a header all the same
 */

import { type CapturePacket, MAX_PACKET } from "./capture.ts";
import { ETHERNET } from "./link-types.ts";
import { PCAP_HEADER } from "./pcap.ts";

const RECORD_HEADER = 16;

export class CaptureWriter {
  #bytes = new Uint8Array(65_536 + MAX_PACKET);
  #view = new DataView(this.#bytes.buffer);
  #length = PCAP_HEADER;
  /** How many packets were added. */
  packets = 0;

  /** `linkType`: of every packet; a pcap file has one. */
  constructor(linkType: number = ETHERNET) {
    const view = this.#view;
    view.setUint32(0, 0xa1b23c4d, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, MAX_PACKET, true);
    view.setUint32(20, linkType, true);
  }

  /** How many bytes `take` would give. */
  get pending(): number {
    return this.#length;
  }

  /**
   * Adds a packet; its bytes are copied. A time that is not known (NaN) is written as 0.
   * @throws RangeError when it is longer than 262,144 bytes, or from before 1970 or after 2106: the format has no room for that.
   */
  add(packet: Omit<CapturePacket, "interface">): void {
    const { data, originalLength, nanoseconds } = packet;
    const seconds = Number.isNaN(packet.seconds) ? 0 : packet.seconds;
    if (data.length > MAX_PACKET)
      throw new RangeError(`a packet of ${data.length} bytes: pcap readers take at most ${MAX_PACKET}`);
    if (!(seconds >= 0 && seconds <= 0xffff_ffff)) throw new RangeError(`the time ${seconds} s does not fit the 32 bits of pcap`);
    this.#reserve(RECORD_HEADER + data.length);
    const at = this.#length;
    const view = this.#view;
    view.setUint32(at, seconds, true);
    view.setUint32(at + 4, nanoseconds, true);
    view.setUint32(at + 8, data.length, true);
    view.setUint32(at + 12, originalLength, true);
    this.#bytes.set(data, at + RECORD_HEADER);
    this.#length = at + RECORD_HEADER + data.length;
    this.packets++;
  }

  /** Everything added since the last `take`, the file's header before it the first time. The caller owns it. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
