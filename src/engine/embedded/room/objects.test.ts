import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/builder.ts";
import { specialFields } from "../maps/special.ts";
import { Memory } from "../memory.ts";
import { Heap } from "./heap.ts";
import { Objects } from "./objects.ts";

/** `struct item { u64 number; struct bpf_list_node list; struct bpf_rb_node tree; struct bpf_refcount count; struct bpf_list_head own; }` */
function room(size = 1 << 20) {
  const btf = new BtfBuilder();
  const u64 = btf.int("u64", 8, {});
  const opaque = (name: string, size: number): number => btf.struct(name, size, []);
  const item = btf.struct("item", 88, [
    { name: "number", type: u64, bitOffset: 0 },
    { name: "list", type: opaque("bpf_list_node", 24), bitOffset: 64 },
    { name: "tree", type: opaque("bpf_rb_node", 32), bitOffset: 256 },
    { name: "count", type: opaque("bpf_refcount", 4), bitOffset: 512 },
    { name: "own", type: opaque("bpf_list_head", 16), bitOffset: 576 },
  ]);
  const memory = new Memory({ size });
  const heap = new Heap(memory);
  const head = memory.allocate(64, "head").start;
  return { types: openBtf(btf.encode()), item, memory, heap, head, objects: new Objects(memory, heap) };
}

const LIST = 8;
const TREE = 32;

test("a type's fields are found where they are", () => {
  const { types, item } = room();
  assert.deepEqual(
    specialFields(types, item).map(({ kind, offset }) => [kind, offset]),
    [
      ["list_node", 8],
      ["rb_node", 32],
      ["refcount", 64],
      ["list_head", 72],
    ],
  );
});

describe("a list", () => {
  test("gives back from either end what was pushed", () => {
    const { types, item, head, objects } = room();
    const [a, b, c] = [1, 2, 3].map(() => objects.create(types, item));
    objects.push(head, a! + LIST, false);
    objects.push(head, b! + LIST, false);
    objects.push(head, c! + LIST, true);
    assert.equal(objects.push(head, c! + LIST, true), false, "it is in a list already");
    assert.deepEqual(
      [objects.pop(head, true), objects.pop(head, false), objects.pop(head, true), objects.pop(head, true)],
      [c! + LIST, b! + LIST, a! + LIST, 0],
    );
  });

  test("that goes away drops what is in it, and what that holds", () => {
    const { types, item, heap, head, objects } = room();
    const outer = objects.create(types, item);
    objects.push(outer + 72, objects.create(types, item) + LIST, true);
    objects.push(head, outer + LIST, true);
    assert.equal(heap.count, 2);
    objects.release({ kind: "list_head", offset: 0, size: 16 }, head);
    assert.equal(heap.count, 0);
  });
});

test("a tree is in order; equal nodes come in the order in which they were added", () => {
  const { types, item, memory, head, objects } = room();
  const add = (number: number): number => {
    const node = objects.create(types, item) + TREE;
    memory.words[(node - TREE) >>> 2] = number;
    objects.add(head, node, (other) => number < memory.words[(other - TREE) >>> 2]!);
    return node;
  };
  const [five, two, nine, secondTwo] = [5, 2, 9, 2].map(add);
  const order: number[] = [];
  for (let node = objects.first(head); node !== 0; node = objects.first(head)) {
    order.push(node);
    assert.equal(objects.remove(head, node), true);
    assert.equal(objects.remove(head, node), false);
  }
  assert.deepEqual(order, [two, secondTwo, five, nine]);
});

test("an object lives until its last owner drops it", () => {
  const { types, item, heap, objects } = room();
  const object = objects.create(types, item);
  assert.equal(objects.retain(object), true);
  objects.drop(object);
  assert.equal(heap.count, 1);
  objects.drop(object);
  assert.equal(heap.count, 0);
  objects.drop(object);
});

describe("what a program spoilt, or made enormous, goes away like everything else", () => {
  const OWN = 72;

  test("lists in objects in lists, 100,000 deep", () => {
    const { types, item, head, heap, objects } = room(32 << 20);
    const outermost = objects.create(types, item);
    let last = outermost;
    for (let depth = 0; depth < 100_000; depth++) {
      const next = objects.create(types, item);
      assert.ok(objects.push(last + OWN, next + LIST, false));
      last = next;
    }
    objects.push(head, outermost + LIST, false);
    objects.release({ kind: "list_head", offset: 0, size: 16 }, head);
    assert.equal(heap.count, 0);
  });

  test("a list whose node leads to itself ends", () => {
    const { types, item, memory, head, heap, objects } = room();
    const outer = objects.create(types, item);
    const inner = objects.create(types, item);
    objects.push(outer + OWN, inner + LIST, false);
    objects.push(head, outer + LIST, false);
    // Its next and its last node are itself, and it has more owners than anybody could let go.
    memory.words.fill(inner + LIST, (inner + LIST) >>> 2, (inner + LIST + 4) >>> 2);
    memory.words.fill(inner + LIST, (inner + LIST + 8) >>> 2, (inner + LIST + 12) >>> 2);
    memory.words[(inner + 64) >>> 2] = 0xffff_ffff;
    objects.release({ kind: "list_head", offset: 0, size: 16 }, head);
    assert.equal(heap.kindOf(outer), null);
  });

  test("a node that says that it is in a tree takes none out of it", () => {
    const { types, item, memory, head, objects } = room();
    const [there, elsewhere] = [objects.create(types, item), objects.create(types, item)];
    objects.add(head, there + TREE, () => false);
    memory.words[(elsewhere + TREE + 24) >>> 2] = head;
    assert.equal(objects.remove(head, elsewhere + TREE), false);
    assert.equal(objects.first(head), there + TREE);
  });
});
