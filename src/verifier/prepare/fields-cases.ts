/**
 * Types with special fields: whether kernel 6.18 took them (`BPF_BTF_LOAD`) and an array map of one such value
 * (`BPF_MAP_CREATE`).
 */

import type { NewMember } from "../../btf/builder.ts";
import { BtfBuilder } from "../../btf/builder.ts";

export interface FieldsCase {
  readonly name: string;
  /** Adds its types; returns the value's. */
  readonly value: (types: Kit) => number;
  readonly size: number;
  /** The kernel takes the types, and then the map. */
  readonly types: boolean;
  readonly map: boolean;
  /** Fields that are found in the map's value: kinds and offsets. */
  readonly fields: readonly string[];
}

/** Special types and what goes around them. */
export class Kit {
  readonly types = new BtfBuilder();
  readonly int: number = this.types.int("int", 4, { signed: true });
  readonly long: number = this.types.int("long", 8, { signed: true });

  readonly #special = new Map<string, number>();

  /** One of that name: the kernel looks for the first. */
  special(name: string, size: number): number {
    const known = this.#special.get(name);
    if (known !== undefined) return known;
    const made = this.types.struct(name, size, [
      { name: "__opaque", type: this.types.array(this.types.int("char", 1, { signed: true }), size), bitOffset: 0 },
    ]);
    this.#special.set(name, made);
    return made;
  }
  get lock(): number {
    return this.special("bpf_spin_lock", 4);
  }
  get resilientLock(): number {
    return this.special("bpf_res_spin_lock", 4);
  }
  get timer(): number {
    return this.special("bpf_timer", 16);
  }
  get work(): number {
    return this.special("bpf_wq", 16);
  }
  get taskWork(): number {
    return this.special("bpf_task_work", 8);
  }
  get head(): number {
    return this.special("bpf_list_head", 16);
  }
  get node(): number {
    return this.special("bpf_list_node", 24);
  }
  get root(): number {
    return this.special("bpf_rb_root", 16);
  }
  get leaf(): number {
    return this.special("bpf_rb_node", 32);
  }
  get refcount(): number {
    return this.special("bpf_refcount", 4);
  }
  /** A pointer with a tag to the struct of that name. */
  pointer(tag: string, name: string, size = 8): number {
    const struct = this.types.struct(name, size, [{ name: "a", type: this.long, bitOffset: 0 }]);
    return this.types.pointer(this.types.add({ kind: "typeTag", id: 0, name: tag, type: struct, attribute: false }, (id) => id));
  }
  struct(name: string, size: number, members: readonly (readonly [name: string, offset: number, type: number])[]): number {
    const list = members.map(([member, offset, type]): NewMember => ({ name: member, type, bitOffset: offset * 8 }));
    return this.types.struct(name, size, list);
  }
  contains(struct: number, component: number, what: string): void {
    this.types.declTag(`contains:${what}`, struct, component);
  }
  /** `struct item { long key; struct bpf_list_node node; }` or with a tree's. */
  item(kind: "list" | "tree" = "list", name = "item"): number {
    const node = kind === "list" ? this.node : this.leaf;
    const size = kind === "list" ? 32 : 40;
    return this.struct(name, size, [
      ["key", 0, this.long],
      ["node", 8, node],
    ]);
  }
}

const one = (
  name: string,
  size: number,
  value: FieldsCase["value"],
  fields: readonly string[],
  { types = true, map = true }: { types?: boolean; map?: boolean } = {},
): FieldsCase => ({ name, size, value, types, map, fields });

export const FIELDS_CASES: readonly FieldsCase[] = [
  one("no fields", 8, (kit) => kit.struct("value", 8, [["a", 0, kit.long]]), []),
  one("a number", 8, (kit) => kit.long, []),
  one(
    "a lock",
    8,
    (kit) =>
      kit.struct("value", 8, [
        ["a", 0, kit.int],
        ["lock", 4, kit.lock],
      ]),
    ["spin-lock@4"],
  ),
  one(
    "two locks",
    8,
    (kit) =>
      kit.struct("value", 8, [
        ["a", 0, kit.lock],
        ["lock", 4, kit.lock],
      ]),
    [],
    { types: false },
  ),
  one("a lock that is not aligned", 9, (kit) => kit.struct("value", 9, [["lock", 2, kit.lock]]), [], { types: false }),
  one("a lock of another size", 8, (kit) => kit.struct("value", 8, [["lock", 0, kit.special("bpf_spin_lock", 8)]]), [], {
    types: false,
  }),
  one(
    "a lock in a struct in the value",
    16,
    (kit) => {
      const inner = kit.struct("inner", 8, [
        ["a", 0, kit.int],
        ["lock", 4, kit.lock],
      ]);
      return kit.struct("value", 16, [
        ["a", 0, kit.long],
        ["inner", 8, inner],
      ]);
    },
    ["spin-lock@12"],
  ),
  one("a lock in an array", 8, (kit) => kit.struct("value", 8, [["locks", 0, kit.types.array(kit.lock, 2)]]), []),
  one("a lock in an array of one", 8, (kit) => kit.struct("value", 8, [["locks", 0, kit.types.array(kit.lock, 1)]]), [
    "spin-lock@0",
  ]),
  one(
    "two kinds of locks",
    8,
    (kit) =>
      kit.struct("value", 8, [
        ["a", 0, kit.lock],
        ["b", 4, kit.resilientLock],
      ]),
    [],
    { types: false },
  ),
  one("a resilient lock", 8, (kit) => kit.struct("value", 8, [["b", 4, kit.resilientLock]]), ["res-spin-lock@4"]),
  one("a timer", 16, (kit) => kit.struct("value", 16, [["timer", 0, kit.timer]]), ["timer@0"]),
  one(
    "two timers",
    32,
    (kit) =>
      kit.struct("value", 32, [
        ["a", 0, kit.timer],
        ["b", 16, kit.timer],
      ]),
    [],
  ),
  one(
    "a timer, work and task work",
    40,
    (kit) =>
      kit.struct("value", 40, [
        ["a", 0, kit.timer],
        ["b", 16, kit.work],
        ["c", 32, kit.taskWork],
      ]),
    ["timer@0", "work-queue@16", "task-work@32"],
  ),
  one("a kptr to a task", 8, (kit) => kit.struct("value", 8, [["task", 0, kit.pointer("kptr", "task_struct")]]), ["kptr-ref@0"]),
  one(
    "an untrusted kptr to a task",
    8,
    (kit) => kit.struct("value", 8, [["task", 0, kit.pointer("kptr_untrusted", "task_struct")]]),
    ["kptr-untrusted@0"],
  ),
  one("a kptr to what nobody may own", 8, (kit) => kit.struct("value", 8, [["file", 0, kit.pointer("kptr", "file")]]), [], {
    types: false,
  }),
  one("an untrusted kptr to it", 8, (kit) => kit.struct("value", 8, [["file", 0, kit.pointer("kptr_untrusted", "file")]]), [
    "kptr-untrusted@0",
  ]),
  one("a kptr to the program's own", 8, (kit) => kit.struct("value", 8, [["mine", 0, kit.pointer("kptr", "skep_mine")]]), [
    "kptr-ref@0",
  ]),
  one("a kptr per CPU", 8, (kit) => kit.struct("value", 8, [["mine", 0, kit.pointer("percpu_kptr", "skep_mine")]]), [
    "kptr-percpu@0",
  ]),
  one(
    "a pointer with a tag that is none",
    8,
    (kit) => kit.struct("value", 8, [["mine", 0, kit.pointer("kptr_strange", "skep_mine")]]),
    [],
  ),
  one(
    "a pointer to user memory in an array",
    8,
    (kit) => kit.struct("value", 8, [["mine", 0, kit.pointer("uptr", "skep_mine")]]),
    [],
    { map: false },
  ),
  one(
    "kptrs in an array",
    24,
    (kit) => kit.struct("value", 24, [["tasks", 0, kit.types.array(kit.pointer("kptr", "task_struct"), 3)]]),
    ["kptr-ref@0", "kptr-ref@8", "kptr-ref@16"],
  ),
  one(
    "twelve kptrs",
    96,
    (kit) => kit.struct("value", 96, [["tasks", 0, kit.types.array(kit.pointer("kptr", "task_struct"), 12)]]),
    [],
  ),
  one(
    "eleven kptrs",
    88,
    (kit) => kit.struct("value", 88, [["tasks", 0, kit.types.array(kit.pointer("kptr", "task_struct"), 11)]]),
    Array.from({ length: 11 }, (_, i) => `kptr-ref@${i * 8}`),
  ),
  one(
    "a list",
    24,
    (kit) => {
      kit.item();
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:node");
      return value;
    },
    ["list-head@0", "spin-lock@16"],
  ),
  one(
    "a list without a lock",
    24,
    (kit) => {
      kit.item();
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["a", 16, kit.long],
      ]);
      kit.contains(value, 0, "item:node");
      return value;
    },
    [],
    { types: false },
  ),
  one(
    "a list of nobody knows what",
    24,
    (kit) =>
      kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]),
    [],
    { types: false },
  ),
  one(
    "a list of what is not there",
    24,
    (kit) => {
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:node");
      return value;
    },
    [],
    { types: false },
  ),
  one(
    "a list of a struct without that node",
    24,
    (kit) => {
      kit.item();
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:other");
      return value;
    },
    [],
    { types: false },
  ),
  one(
    "a list by what is no node",
    24,
    (kit) => {
      kit.item();
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:key");
      return value;
    },
    [],
    { types: false },
  ),
  one(
    "a list by a tree's node",
    24,
    (kit) => {
      kit.item("tree");
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:node");
      return value;
    },
    [],
    { types: false },
  ),
  one(
    "a list with two tags",
    24,
    (kit) => {
      kit.item();
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:node");
      kit.contains(value, 0, "item:key");
      return value;
    },
    [],
    { types: false },
  ),
  one(
    "a tree",
    24,
    (kit) => {
      kit.item("tree");
      const value = kit.struct("value", 24, [
        ["root", 0, kit.root],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:node");
      return value;
    },
    ["rb-root@0", "spin-lock@16"],
  ),
  one(
    "a list of lists",
    24,
    (kit) => {
      kit.item("list", "leaf");
      const item = kit.struct("item", 48, [
        ["node", 0, kit.node],
        ["head", 24, kit.head],
        ["lock", 40, kit.lock],
      ]);
      kit.contains(item, 1, "leaf:node");
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "item:node");
      return value;
    },
    ["list-head@0", "spin-lock@16"],
  ),
  one(
    "a list of lists of lists",
    24,
    (kit) => {
      kit.item("list", "leaf");
      const item = kit.struct("item", 48, [
        ["node", 0, kit.node],
        ["head", 24, kit.head],
        ["lock", 40, kit.lock],
      ]);
      kit.contains(item, 1, "leaf:node");
      const outer = kit.struct("outer", 48, [
        ["node", 0, kit.node],
        ["head", 24, kit.head],
        ["lock", 40, kit.lock],
      ]);
      kit.contains(outer, 1, "item:node");
      const value = kit.struct("value", 24, [
        ["head", 0, kit.head],
        ["lock", 16, kit.lock],
      ]);
      kit.contains(value, 0, "outer:node");
      return value;
    },
    [],
    { types: false },
  ),
  one(
    "an item of a list and a tree",
    8,
    (kit) => {
      kit.struct("item", 56, [
        ["node", 0, kit.node],
        ["leaf", 24, kit.leaf],
      ]);
      return kit.struct("value", 8, [["a", 0, kit.long]]);
    },
    [],
    { types: false },
  ),
  one(
    "an item of a list and a tree that counts its owners",
    8,
    (kit) => {
      kit.struct("item", 64, [
        ["node", 0, kit.node],
        ["leaf", 24, kit.leaf],
        ["count", 56, kit.refcount],
      ]);
      return kit.struct("value", 8, [["a", 0, kit.long]]);
    },
    [],
  ),
  one("a node in a map", 32, (kit) => kit.item(), []),
  one(
    "fields that overlap",
    8,
    (kit) =>
      kit.struct("value", 8, [
        ["a", 0, kit.lock],
        ["b", 0, kit.pointer("kptr", "task_struct")],
      ]),
    [],
    { types: false },
  ),
  one("a count of owners in a map", 4, (kit) => kit.struct("value", 4, [["count", 0, kit.refcount]]), ["refcount@0"]),
];
