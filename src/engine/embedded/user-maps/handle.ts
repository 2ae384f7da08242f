/** What all maps of user space have in common: life time, permission, and what an error number means. */

import type { Btf } from "../../../btf/btf.ts";
import type { MapSpec } from "../../../object/spec.ts";
import type { MapHandle } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { refuseOperations } from "../../map-operations.ts";
import { BPF_F_RDONLY, BPF_F_WRONLY } from "../maps/flags.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";

/** Which object of user space stands for a map; there is one. */
const HANDLES = new WeakMap<MapStore, UserHandle>();

/** The object of user space that stands for a map, or null. */
export const handleOf = (store: MapStore): UserHandle | null => HANDLES.get(store) ?? null;

/** After its collection was disposed, every operation throws MapError `closed`. */
export abstract class UserHandle implements MapHandle {
  readonly name: string;
  readonly spec: MapSpec;
  /** @internal Of the engine's rooms. */
  readonly store: MapStore;
  /** @internal Which engine it is of. */
  readonly memory: Memory;
  /** @internal What describes its key and value. */
  readonly types: Btf | null;
  #open = true;
  #frozen = false;

  constructor(store: MapStore, memory: Memory, types: Btf | null) {
    this.name = store.name;
    this.spec = store.spec;
    this.store = store;
    this.memory = memory;
    this.types = types;
    HANDLES.set(store, this);
  }

  /** Its collection was disposed: every later operation throws. */
  close(): void {
    this.#open = false;
  }

  /** @internal For a collection that goes on with it. @throws MapError `closed` */
  storeToShare(): MapStore {
    if (!this.#open)
      throw new MapError(this.name, "closed", `${this.name}: its collection was disposed; reuse its maps before that`);
    return this.store;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** User space may no longer write, as after `BPF_MAP_FREEZE`. */
  freeze(): void {
    this.#frozen = true;
  }

  /** The map, if user space may read it. */
  protected readable(): MapStore {
    return this.#allowed(BPF_F_WRONLY, "read");
  }

  protected writable(): MapStore {
    return this.#allowed(BPF_F_RDONLY, "written");
  }

  #allowed(forbidden: number, what: "read" | "written"): MapStore {
    if (!this.#open) throw new MapError(this.name, "closed", `${this.name}: its collection was disposed; load the Spec again`);
    if ((this.spec.flags & forbidden) !== 0 || (this.#frozen && what === "written")) {
      throw new MapError(this.name, "unsupported", `${this.name}: this map may not be ${what} from user space`);
    }
    return this.store;
  }
}

refuseOperations(UserHandle.prototype);

/** A key, a value or an index, for messages. */
export function describe(value: unknown): string {
  const text = JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}` : part)) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
