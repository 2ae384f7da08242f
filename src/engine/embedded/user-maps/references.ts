/** Arrays of references as user space sees them: what they hold is put in as the thing itself. */

import { MapError } from "../../errors.ts";
import { UserHandle } from "./handle.ts";

export abstract class UserReferences<Item> extends UserHandle {
  /** What programs find in the map for it. @throws MapError `invalid` */
  protected abstract referenceOf(item: Item): number;

  set(index: number, item: Item): void {
    const store = this.writable();
    const reference = this.referenceOf(item);
    this.putIndex(index);
    this.memory.words[store.scratchValue >>> 2] = reference;
    if (store.updateAll(store.scratchKey, store.scratchValue, 0) < 0) {
      throw new MapError(this.name, "not-found", `${this.name}: there is no entry ${index}; it has 0 to ${store.maxEntries - 1}`);
    }
  }

  delete(index: number): boolean {
    const store = this.writable();
    this.putIndex(index);
    return store.delete(store.scratchKey) === 0;
  }

  clear(): void {
    this.writable().clear();
  }

  /** The key, where the map looks for it; what is no u32 is an index beyond the end. */
  protected putIndex(index: number): void {
    const valid = Number.isInteger(index) && index >= 0 && index < this.store.maxEntries;
    this.memory.words[this.store.scratchKey >>> 2] = valid ? index : 0xffff_ffff;
  }
}
