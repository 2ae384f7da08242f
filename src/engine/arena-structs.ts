/** Structs in an arena as JavaScript values: read and written at addresses as programs have them, and followed from one to the next. Both engines use it. */

import type { Btf } from "../btf/btf.ts";
import { type Codec, makeCodec } from "../btf/codec.ts";
import { BtfError } from "../btf/errors.ts";
import { nearest } from "../nearest.ts";
import { MapError } from "./errors.ts";

/** What an engine has of the arena. */
export interface ArenaMemory {
  readonly name: string;
  readonly address: bigint;
  view(): Uint8Array;
}

export class ArenaStructs {
  readonly #arena: ArenaMemory;
  readonly #types: Btf | null;
  /** By the type's name. */
  readonly #codecs = new Map<string, Codec>();

  constructor(arena: ArenaMemory, types: Btf | null) {
    this.#arena = arena;
    this.#types = types;
  }

  /** @throws MapError `invalid` for an address that is not the arena's, or a type that the Spec does not have. */
  getAt(address: bigint, type: string): unknown {
    const codec = this.#codec(type);
    const bytes = this.#arena.view();
    return codec.decode(bytes, this.#place(bytes, address, codec.size));
  }

  /** @throws MapError as `getAt`; ValueError when the value does not fit the type. */
  setAt(address: bigint, type: string, value: unknown): void {
    const codec = this.#codec(type);
    const bytes = this.#arena.view();
    const place = this.#place(bytes, address, codec.size);
    // Encoded aside: a value that does not fit changes nothing.
    const encoded = new Uint8Array(codec.size);
    codec.encode(value, encoded, 0);
    bytes.set(encoded, place);
  }

  /** @throws MapError as `getAt`, and for a list that is longer than the arena, which leads back into itself. */
  *list(first: bigint, type: string, next: string): IterableIterator<unknown> {
    const { size } = this.#codec(type);
    let left = this.#arena.view().length / size;
    for (let address = first; address !== 0n; left--) {
      if (left <= 0) throw this.#invalid(`the list of ${type}.${next} leads back into itself`);
      const value = this.getAt(address, type);
      const following = typeof value === "object" && value !== null ? Reflect.get(value, next) : undefined;
      if (typeof following !== "bigint") throw this.#invalid(`${type} has no pointer ${next}`);
      yield value;
      address = following;
    }
  }

  #place(bytes: Uint8Array, address: bigint, size: number): number {
    const offset = address - this.#arena.address;
    if (address === 0n) throw this.#invalid("nothing lies at the null pointer");
    if (offset < 0n || offset + BigInt(size) > BigInt(bytes.length)) {
      const end = (this.#arena.address + BigInt(bytes.length)).toString(16);
      throw this.#invalid(
        `expected an address from 0x${this.#arena.address.toString(16)} to 0x${end}, found 0x${address.toString(16)}`,
      );
    }
    return Number(offset);
  }

  #codec(name: string): Codec {
    let codec = this.#codecs.get(name);
    if (codec === undefined) this.#codecs.set(name, (codec = this.#find(name)));
    return codec;
  }

  #find(name: string): Codec {
    const types = this.#types;
    if (types === null) throw this.#invalid(`the types of the Spec are not known, so ${name} is not`);
    const id = types.find(name, "struct") ?? types.find(name, "union") ?? types.find(name, "typedef");
    if (id === undefined) {
      const known = [...structNames(types)];
      const near = nearest(name, known);
      throw this.#invalid(`no struct of the Spec is called ${name}${near === null ? "" : `; did you mean ${near}?`}`);
    }
    try {
      return makeCodec(types, id, { name });
    } catch (error) {
      if (error instanceof BtfError) throw this.#invalid(`${name} cannot be read: ${error.message}`);
      throw error;
    }
  }

  #invalid(problem: string): MapError {
    const { name } = this.#arena;
    return new MapError(name, "invalid", `${name}: ${problem}`);
  }
}

function* structNames(types: Btf): Generator<string> {
  for (let id = 1; id < types.count; id++) {
    const type = types.type(id);
    if ((type.kind === "struct" || type.kind === "union" || type.kind === "typedef") && type.name !== "") yield type.name;
  }
}
