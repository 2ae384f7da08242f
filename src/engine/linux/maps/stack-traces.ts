/** Call chains by number (since 4.6): what `bpf_get_stackid` kept. */

import type { StackTraceMap } from "../../engine.ts";
import { openCursor } from "./cursor.ts";
import { LinuxHandle } from "./handle.ts";

export class LinuxStackTraces extends LinuxHandle implements StackTraceMap {
  get(id: number): bigint[] | undefined {
    this.#putId(id);
    return this.raw.lookup() ? addresses(this.raw.value) : undefined;
  }

  take(id: number): bigint[] | undefined {
    this.#putId(id);
    return this.raw.take() ? addresses(this.raw.value) : undefined;
  }

  delete(id: number): boolean {
    this.#putId(id);
    return this.raw.delete();
  }

  clear(): void {
    for (const [id] of [...this.entries()]) this.delete(id);
  }

  *entries(): IterableIterator<[number, bigint[]]> {
    const cursor = openCursor(this.raw);
    while (cursor.next()) {
      const id = new DataView(cursor.keys.buffer, cursor.keys.byteOffset + cursor.keyOffset, 4).getUint32(0, true);
      yield [id, addresses(cursor.values.subarray(cursor.valueOffset, cursor.valueOffset + this.spec.valueSize))];
    }
  }

  /** What is no u32 is a number beyond the end. */
  #putId(id: number): void {
    const valid = Number.isInteger(id) && id >= 0 && id < 2 ** 32;
    new DataView(this.raw.key.buffer).setUint32(0, valid ? id : 0xffff_ffff, true);
  }
}

/** Up to the first zero. */
function addresses(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: bigint[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const address = view.getBigUint64(at, true);
    if (address === 0n) break;
    found.push(address);
  }
  return found;
}
