/** Packets of a capture by number. They are read as far as they are asked for, and kept: one may go back to any of them. */

import { createReadStream } from "node:fs";
import { CaptureError, type CapturePacket } from "../../engine/embedded/host/capture.ts";
import { ETHERNET, linkTypeName } from "../../engine/embedded/host/link-types.ts";
import { type CaptureReader, openCapture } from "../../engine/embedded/host/read-capture.ts";
import type { PacketMeta } from "../../engine/embedded/room/packet-host.ts";
import { CliError, EXIT } from "../exit.ts";
import { count } from "../terminal.ts";

export interface Packet {
  readonly data: Uint8Array;
  readonly meta: PacketMeta;
  /** Why programs are not given it (`is …`), or null. */
  readonly refusal: string | null;
}

/** What programs can be given: an Ethernet header at least, and what the kernel's lengths can say. */
const SHORTEST = 14;
const LONGEST = 65_535;

export class Packets implements AsyncDisposable {
  readonly #name: string;
  readonly #reader: CaptureReader;
  readonly #iterator: AsyncGenerator<CapturePacket>;
  readonly #read: Packet[] = [];
  #ended = false;

  private constructor(name: string, reader: CaptureReader) {
    this.#name = name;
    this.#reader = reader;
    this.#iterator = reader.each();
  }

  /** @param path `-` is stdin. @throws CaptureError that names the file; errors of the file system. */
  static async open(path: string): Promise<Packets> {
    return naming(path, async () => {
      const source = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
      return new Packets(path, await openCapture(source));
    });
  }

  /** @param number from 1. @throws CliError when the capture has fewer. */
  async at(number: number): Promise<Packet> {
    while (this.#read.length < number && !this.#ended) await naming(this.#name, () => this.#readOne());
    const packet = this.#read[number - 1];
    if (packet !== undefined) return packet;
    throw new CliError(EXIT.input, `there is no packet ${number}: ${this.#name} has ${count(this.#read.length)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#iterator.return(undefined);
  }

  async #readOne(): Promise<void> {
    const { done, value } = await this.#iterator.next();
    if (done === true) {
      this.#ended = true;
      return;
    }
    const { seconds, nanoseconds } = value;
    const meta = Number.isNaN(seconds) ? {} : { seconds, nanoseconds };
    const linkType = this.#reader.interfaces[value.interface]?.linkType ?? ETHERNET;
    this.#read.push({ data: value.data.slice(), meta, refusal: refusalOf(value.data.length, linkType) });
  }
}

function refusalOf(length: number, linkType: number): string | null {
  if (linkType !== ETHERNET) return `is of link type ${linkTypeName(linkType)}, not Ethernet: programs cannot be given it`;
  if (length < SHORTEST || length > LONGEST) {
    return `has ${length} bytes: programs are given packets of ${SHORTEST} to ${LONGEST}`;
  }
  return null;
}

async function naming<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CaptureError) throw new CaptureError(error.offset, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
