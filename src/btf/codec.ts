/** JavaScript values to bytes and back, as a BTF type lays them out. */

import type { Btf } from "./btf.ts";

export interface Codec<Value = unknown> {
  /** Bytes of one value. */
  readonly size: number;
  decode(bytes: Uint8Array, offset: number): Value;
  encode(value: Value, bytes: Uint8Array, offset: number): void;
}

export interface CodecOptions {
  /** How messages call the value: `blocked.key` makes paths like `blocked.key.address`. */
  readonly name?: string;
}

export declare function makeCodec(btf: Btf, id: number, options?: CodecOptions): Codec;
