/** Arenas and stack traces as user space sees them. */

import type { UserValue } from "../../../object/module.ts";
import { ArenaStructs } from "../../arena-structs.ts";
import type { Arena, StackTraceMap } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { VariableMemory } from "../../variables.ts";
import type { MapStore } from "../maps/store.ts";
import { describe, UserHandle } from "./handle.ts";

export class UserArena extends UserHandle implements Arena, VariableMemory {
  readonly #structs = new ArenaStructs(this, this.types);

  get mayWrite(): boolean {
    this.writable();
    return true;
  }

  live(): Uint8Array {
    return this.view();
  }

  read(offset: number, size: number): Uint8Array {
    const { start } = this.readable().values;
    return this.memory.bytes.slice(start + offset, start + offset + size);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.memory.bytes.set(bytes, this.writable().values.start + offset);
  }

  get pages(): number {
    return this.readable().count;
  }

  get address(): bigint {
    return BigInt(this.readable().values.start);
  }

  view(): Uint8Array {
    const { start, end } = this.readable().values;
    return this.memory.bytes.subarray(start, end);
  }

  getAt<Value = unknown>(address: bigint, type: string): UserValue<Value> {
    return this.#structs.getAt(address, type) as UserValue<Value>;
  }

  setAt<Value = unknown>(address: bigint, type: string, value: UserValue<Value>): void {
    this.writable();
    this.#structs.setAt(address, type, value);
  }

  list<Value = unknown>(first: bigint, type: string, next: string): IterableIterator<UserValue<Value>> {
    return this.#structs.list(first, type, next) as IterableIterator<UserValue<Value>>;
  }
}

export class UserStackTraces extends UserHandle implements StackTraceMap {
  get(id: number): bigint[] | undefined {
    const store = this.readable();
    this.#putId(store, id);
    const element = store.find(store.scratchKey);
    return element < 0 ? undefined : this.#at(store, element);
  }

  take(id: number): bigint[] | undefined {
    this.writable();
    const found = this.get(id);
    this.delete(id);
    return found;
  }

  delete(id: number): boolean {
    const store = this.writable();
    this.#putId(store, id);
    return store.delete(store.scratchKey) === 0;
  }

  clear(): void {
    this.writable().clear();
  }

  *entries(): IterableIterator<[number, bigint[]]> {
    for (let id = 0; ; id++) {
      const store = this.readable();
      id = store.scan(id);
      if (id < 0) return;
      yield [id, this.#at(store, id)];
    }
  }

  /** Up to the first zero. */
  #at(store: MapStore, element: number): bigint[] {
    const addresses: bigint[] = [];
    const from = store.valueAddress(element, 0);
    for (let at = 0; at < store.valueSize; at += 8) {
      const address = this.memory.view.getBigUint64(from + at, true);
      if (address === 0n) break;
      addresses.push(address);
    }
    return addresses;
  }

  #putId({ scratchKey }: MapStore, id: number): void {
    if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff)
      throw new MapError(this.name, "invalid", `${this.name}: expected a number from 0 to 4294967295, found ${describe(id)}`);
    this.memory.view.setUint32(scratchKey, id, true);
  }
}
