/**
 * Objects that programs allocate by type (`bpf_obj_new`), and what holds them: lists, trees and pointers in map values and in other objects
 * (kernel/bpf/helpers.c). The bytes are in linear memory; a list is the kernel's ring of nodes, a tree is kept in order here.
 */

import type { Btf } from "../../../btf/btf.ts";
import { type SpecialField, specialFields } from "../maps/special.ts";
import type { Memory } from "../memory.ts";
import type { Heap } from "./heap.ts";

/** What is known of the objects of one type. */
export interface ObjectType {
  readonly size: number;
  readonly fields: readonly SpecialField[];
  /** Where its reference count is; -1: it has one owner. */
  readonly refcount: number;
}

// Words of a list's head and nodes: low halves of u64 fields.
const NEXT = 0;
const PREVIOUS = 8;
/** In a node: the head of the list, or the root of the tree, that it is in; 0: none. */
const LIST_OWNER = 16;
const TREE_OWNER = 24;

export class Objects {
  readonly #memory: Memory;
  readonly #heap: Heap;
  readonly #types = new WeakMap<Btf, Map<number, ObjectType>>();
  /** Objects that lose an owner, in order; those that had their turn included. */
  readonly #dropping: number[] = [];
  /** By address of the root: nodes in order. */
  readonly #trees = new Map<number, number[]>();

  constructor(memory: Memory, heap: Heap) {
    this.#memory = memory;
    this.#heap = heap;
  }

  /** The address of a new object, all zero; 0 when there is no memory, or no such type. */
  create(types: Btf, id: number): number {
    const type = this.#typeOf(types, id);
    if (type === null) return 0;
    const address = this.#heap.allocate(type.size, type);
    if (address !== 0 && type.refcount >= 0) this.#set(address + type.refcount, 1);
    return address;
  }

  /** The object in which an address is; 0 when it is in none. */
  holding(address: number): number {
    return this.#heap.startOf(address);
  }

  /** One more owner. False when its type has no reference count. */
  retain(object: number): boolean {
    const type = this.#kindOf(object);
    if (type === null || type.refcount < 0) return false;
    this.#set(object + type.refcount, this.#get(object + type.refcount) + 1);
    return true;
  }

  /** One owner less; with the last the object goes, and what it holds. */
  drop(object: number): void {
    this.#dropping.push(object);
    // What an object holds may hold others, as deep as a program likes: they wait for their turn.
    if (this.#dropping.length > 1) return;
    try {
      for (let at = 0; at < this.#dropping.length; at++) this.#drop(this.#dropping[at]!);
    } finally {
      this.#dropping.length = 0;
    }
  }

  #drop(object: number): void {
    const type = this.#kindOf(object);
    if (type === null) return;
    if (type.refcount >= 0) {
      const left = this.#get(object + type.refcount) - 1;
      this.#set(object + type.refcount, left);
      if (left > 0) return;
    }
    this.#heap.free(object);
    for (const field of type.fields) this.release(field, object + field.offset);
  }

  /** Lets go what a field of a map value or an object holds. */
  release({ kind }: SpecialField, at: number): void {
    if (kind === "kptr") {
      const object = this.#get(at);
      if (object !== 0) this.drop(object);
    } else if (kind === "list_head") {
      for (let node = this.pop(at, true); node !== 0; node = this.pop(at, true)) this.drop(this.holding(node));
    } else if (kind === "rb_root") {
      const nodes = this.#trees.get(at) ?? [];
      this.#trees.delete(at);
      for (const node of nodes) {
        this.#set(node + TREE_OWNER, 0);
        this.drop(this.holding(node));
      }
    }
  }

  // ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False when the node is in a list already. */
  push(head: number, node: number, front: boolean): boolean {
    if (this.#get(node + LIST_OWNER) !== 0) return false;
    this.#begin(head);
    const before = front ? head : this.#get(head + PREVIOUS);
    const behind = this.#get(before + NEXT);
    this.#set(node + NEXT, behind);
    this.#set(node + PREVIOUS, before);
    this.#set(node + LIST_OWNER, head);
    this.#set(before + NEXT, node);
    this.#set(behind + PREVIOUS, node);
    return true;
  }

  /** The node, taken out; 0 when the list is empty. */
  pop(head: number, front: boolean): number {
    const node = this.end(head, front);
    // A program that wrote over its nodes has no list any more.
    if (node === 0 || this.#get(node + LIST_OWNER) !== head) return 0;
    const [behind, before] = [this.#get(node + NEXT), this.#get(node + PREVIOUS)];
    this.#set(before + NEXT, behind);
    this.#set(behind + PREVIOUS, before);
    for (const word of [NEXT, PREVIOUS, LIST_OWNER]) this.#set(node + word, 0);
    return node;
  }

  /** The first or last node; 0 when the list is empty. */
  end(head: number, front: boolean): number {
    this.#begin(head);
    const node = this.#get(head + (front ? NEXT : PREVIOUS));
    return node === head ? 0 : node;
  }

  /** A head of zeroes is an empty list. */
  #begin(head: number): void {
    if (this.#get(head + NEXT) !== 0) return;
    this.#set(head + NEXT, head);
    this.#set(head + PREVIOUS, head);
  }

  // ── trees ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** False when the node is in a tree already. @param less whether the node comes before another; equal ones come behind. */
  add(root: number, node: number, less: (other: number) => boolean): boolean {
    if (this.#get(node + TREE_OWNER) !== 0) return false;
    const nodes = this.#trees.get(root) ?? [];
    this.#trees.set(root, nodes);
    let [low, high] = [0, nodes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (less(nodes[middle]!)) high = middle;
      else low = middle + 1;
    }
    nodes.splice(low, 0, node);
    this.#set(node + TREE_OWNER, root);
    return true;
  }

  /** False when the node is not in this tree. */
  remove(root: number, node: number): boolean {
    if (this.#get(node + TREE_OWNER) !== root) return false;
    const nodes = this.#trees.get(root) ?? [];
    const index = nodes.indexOf(node);
    if (index < 0) return false;
    nodes.splice(index, 1);
    this.#set(node + TREE_OWNER, 0);
    return true;
  }

  /** How many nodes a tree has. */
  sizeOf(root: number): number {
    return this.#trees.get(root)?.length ?? 0;
  }

  /** The node that comes first; 0 when the tree is empty. */
  first(root: number): number {
    return this.#trees.get(root)?.[0] ?? 0;
  }

  // ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #typeOf(types: Btf, id: number): ObjectType | null {
    let known = this.#types.get(types);
    if (known === undefined) this.#types.set(types, (known = new Map()));
    const there = known.get(id);
    if (there !== undefined) return there;
    if (id === 0 || id >= types.count || types.type(id).kind !== "struct") return null;
    const fields = specialFields(types, id);
    const refcount = fields.find(({ kind }) => kind === "refcount")?.offset ?? -1;
    const type = { size: types.sizeOf(id), fields, refcount };
    known.set(id, type);
    return type;
  }

  #kindOf(object: number): ObjectType | null {
    const kind = this.#heap.kindOf(object);
    return kind !== null && "refcount" in kind ? (kind as ObjectType) : null;
  }

  #get(at: number): number {
    return this.#memory.words[at >>> 2]!;
  }

  #set(at: number, value: number): void {
    this.#memory.words[at >>> 2] = value;
  }
}
