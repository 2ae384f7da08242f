/**
 * Objects that programs allocate, with lists and trees of them (kernel/bpf/helpers.c). Linux 6.2; trees and reference counts 6.3, 6.4;
 * `bpf_list_front` and `bpf_list_back` 6.16. An object has an owner: the program, which holds it, or what it was put into.
 */

import { callingBack, type Helper, type HelperCall, helper, kfunc } from "../helpers/helper.ts";
import type { Obligation } from "../helpers/ledger.ts";
import { mapWithField } from "../helpers/locks.ts";
import { EINVAL } from "../maps/errno.ts";

const OBJECT: Obligation = { name: "object", acquired: "acquired", missing: "neither dropped nor put anywhere" };

/** What a node of a tree is worth when another goes in before it or is sought, in bytes. */
const NODE_WORK = 16;

const HEAD = { memory: 16, write: true } as const;
const LIST_NODE = { memory: 24, write: true } as const;
const TREE_NODE = { memory: 32, write: true } as const;

/** The program lets an object go. @param node an address in it. @returns where it begins. */
function give(call: HelperCall, node: number): number {
  const object = call.cpu.room.objects.holding(node >>> 0);
  if (object === 0) throw call.fault("expected an object that bpf_obj_new gave");
  call.release(OBJECT, object);
  return object;
}

/** The program has an object from now on. @param node an address in it, or 0. */
function take(call: HelperCall, node: number): number {
  if (node !== 0) call.acquire(OBJECT, call.cpu.room.objects.holding(node));
  return node;
}

function create(call: HelperCall, type: number): number {
  const { types } = call.program;
  return types === null ? 0 : take(call, call.cpu.room.objects.create(types, type >>> 0));
}

const push =
  (front: boolean): Helper["run"] =>
  (call, head, node) => {
    const { objects } = call.cpu.room;
    const object = give(call, node);
    if (objects.push(head >>> 0, node >>> 0, front)) return 0;
    objects.drop(object);
    return -EINVAL;
  };

function add(call: HelperCall, root: number, node: number, less: number): number {
  const { objects } = call.cpu.room;
  const object = give(call, node);
  call.work(objects.sizeOf(root >>> 0) * NODE_WORK);
  const isLess = (other: number): boolean => (call.callback(less, node, other, 0, 0, 0) & 0xff) !== 0;
  if (objects.add(root >>> 0, node >>> 0, isLess)) return 0;
  objects.drop(object);
  return -EINVAL;
}

/** Puts an object into a field of a map's value, or null; the program gets what was there. Linux 5.19. */
function exchange(call: HelperCall, field: number, object: number): number {
  const at = field >>> 0;
  if (call.checked) mapWithField(call, "kptr", at);
  if (object !== 0) call.release(OBJECT, object >>> 0);
  const { words } = call.memory;
  const before = words[at >>> 2]!;
  words[at >>> 2] = object;
  words[(at >>> 2) + 1] = 0;
  return take(call, before);
}

/** These may be called while the lock is held that guards the list or tree. */
const underLock = (row: Helper): Helper => ({ ...row, underLock: true });

export const POINTER_EXCHANGE: Helper = helper(
  "bpf_kptr_xchg",
  [
    { memory: 8, write: true },
    { held: OBJECT, optional: true },
  ],
  "address",
  exchange,
);

export const OBJECTS: readonly Helper[] = [
  underLock(kfunc("bpf_obj_new_impl", ["number", "wide"], "address", create)),
  underLock(
    kfunc("bpf_obj_drop_impl", [{ held: OBJECT }, "wide"], "void", (call, object) => {
      call.cpu.room.objects.drop(give(call, object));
      return 0;
    }),
  ),
  underLock(
    kfunc("bpf_refcount_acquire_impl", [{ memory: 4 }, "wide"], "address", (call, address) => {
      const { objects } = call.cpu.room;
      const object = objects.holding(address >>> 0);
      return objects.retain(object) ? take(call, object) : 0;
    }),
  ),
  underLock(kfunc("bpf_list_push_front_impl", [HEAD, LIST_NODE, "wide", "wide"], "int", push(true))),
  underLock(kfunc("bpf_list_push_back_impl", [HEAD, LIST_NODE, "wide", "wide"], "int", push(false))),
  underLock(
    kfunc("bpf_list_pop_front", [HEAD], "address", (call, head) => take(call, call.cpu.room.objects.pop(head >>> 0, true))),
  ),
  underLock(
    kfunc("bpf_list_pop_back", [HEAD], "address", (call, head) => take(call, call.cpu.room.objects.pop(head >>> 0, false))),
  ),
  underLock(kfunc("bpf_list_front", [HEAD], "address", (call, head) => call.cpu.room.objects.end(head >>> 0, true))),
  underLock(kfunc("bpf_list_back", [HEAD], "address", (call, head) => call.cpu.room.objects.end(head >>> 0, false))),
  underLock(callingBack(kfunc("bpf_rbtree_add_impl", [HEAD, TREE_NODE, "callback", "wide", "wide"], "int", add))),
  underLock(
    kfunc("bpf_rbtree_remove", [HEAD, TREE_NODE], "address", (call, root, node) => {
      const { objects } = call.cpu.room;
      call.work(objects.sizeOf(root >>> 0) * NODE_WORK);
      return objects.remove(root >>> 0, node >>> 0) ? take(call, node >>> 0) : 0;
    }),
  ),
  underLock(kfunc("bpf_rbtree_first", [HEAD], "address", (call, root) => call.cpu.room.objects.first(root >>> 0))),
];
