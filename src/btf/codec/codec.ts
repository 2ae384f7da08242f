/** What every codec of this room is; `makeCodec` makes them from types. */

import type { Word } from "./words.ts";

export interface Codec<Value = unknown> {
  /** Bytes of one value, without the elements of a flexible array at its end. */
  readonly size: number;
  /**
   * Reads the value at `offset`. `end` (default `offset + size`) is where its bytes end: a flexible array at the end of a
   * struct has the elements that lie before it. The result shares no memory with `bytes`.
   */
  decode(bytes: Uint8Array, offset: number, end?: number): Value;
  /**
   * Writes the value at `offset`, padding as zero. After a throw the bytes are unspecified.
   * @throws ValueError when it does not fit; the path names the part.
   */
  encode(value: Value, bytes: Uint8Array, offset: number, end?: number): void;
  /** Set where `decode` reads nothing but an integer: which, for structs that read it in place (words.ts). */
  readonly word?: Word;
}

/** A codec that can also read without making new objects: for events by the million. */
export interface ReusingCodec<Value = unknown> extends Codec<Value> {
  /**
   * As `decode`, but into what an earlier call returned: objects, arrays and `Uint8Array`s of `target` are filled anew, and
   * a text that is the same stays. Only bigints and changed texts are new. Anything that does not fit is made as `decode`
   * makes it, so `undefined` is a good first target.
   */
  decodeInto(target: unknown, bytes: Uint8Array, offset: number, end?: number): Value;
}

/** A codec while types are put together: what the struct around needs to know. */
export interface TypeCodec extends ReusingCodec<unknown> {
  /** How many JavaScript values decoding makes: guards against types that multiply without end. */
  readonly weight: number;
  /** An array without a length of its own, or a struct that ends with one: `end` matters. */
  readonly flexible: boolean;
  /** Sets the bits that carry the value at `offset`: all but padding. Unions tell by it which bits their fields share. */
  cover(mask: Uint8Array, offset: number, end: number): void;
}

/** A codec of one value that fills its bytes. */
export function single(codec: Codec<unknown>): TypeCodec {
  const { size } = codec;
  return {
    ...codec,
    decodeInto: (_target, bytes, offset) => codec.decode(bytes, offset),
    weight: 1,
    flexible: false,
    cover: (mask, offset) => mask.fill(0xff, offset, offset + size),
  };
}
