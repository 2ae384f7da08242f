/** Arrays of control groups as user space sees them. */

import type { Btf } from "../../../btf/btf.ts";
import type { CgroupArray } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import type { CgroupTree } from "../room/cgroup-tree.ts";
import { describe } from "./handle.ts";
import { UserReferences } from "./references.ts";

export class UserCgroupArray extends UserReferences<string> implements CgroupArray {
  readonly #cgroups: CgroupTree;

  constructor(store: MapStore, memory: Memory, types: Btf | null, cgroups: CgroupTree) {
    super(store, memory, types);
    this.#cgroups = cgroups;
  }

  protected override referenceOf(path: string): number {
    try {
      return this.#cgroups.at(path).id;
    } catch (cause) {
      const message = `${this.name}: expected a control group like /web/api, found ${describe(path)}`;
      throw new MapError(this.name, "invalid", message, { cause });
    }
  }
}
