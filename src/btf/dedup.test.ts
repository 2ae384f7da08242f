import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Btf, openBtf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { dedup } from "./dedup.ts";
import { diffBtf } from "./diff.ts";
import { everyKind } from "./testing.ts";

/** All types of several BTFs in one, one after the other: what a linker starts from. */
function together(...parts: Btf[]): Btf {
  const builder = new BtfBuilder();
  for (const part of parts) {
    const shift = builder.nextId - 1;
    for (const id of part.ids()) builder.add(part.type(id), (old) => (old === 0 ? 0 : old + shift));
  }
  return openBtf(builder.encode());
}

/** `struct list { struct list *next; struct <other> *other; }` */
function list(other: (b: BtfBuilder) => number): Btf {
  const b = new BtfBuilder();
  const self = b.reserve();
  b.struct(
    "list",
    16,
    [
      { name: "next", type: b.pointer(self), bitOffset: 0 },
      { name: "other", type: b.pointer(other(b)), bitOffset: 64 },
    ],
    self,
  );
  return openBtf(b.encode());
}

const int = (b: BtfBuilder): number => b.int("int", 4, { signed: true });
const struct =
  (name: string): ((b: BtfBuilder) => number) =>
  (b) =>
    b.struct(name, 4, [{ name: "x", type: int(b), bitOffset: 0 }]);

test("types said twice are kept once, and the old ids lead to the new", () => {
  const one = openBtf(everyKind().bytes);
  const both = together(one, one);
  const { bytes, ids } = dedup(both);
  const merged = openBtf(bytes);
  // Variables and sections are there twice.
  assert.equal(merged.count, one.count + 2);
  for (const id of one.ids()) {
    assert.equal(merged.name(ids[id]!), one.name(id));
    if (!["variable", "section"].includes(one.kind(id))) assert.equal(ids[id], ids[id + one.count - 1]);
  }
  assert.deepEqual(diffBtf(one, merged, { kinds: ["struct", "union", "enum", "typedef", "function"] }), []);
});

test("structs that refer to themselves are equal when all around them is", () => {
  assert.equal(openBtf(dedup(together(list(int), list(int))).bytes).count, list(int).count);
  const different = together(
    list(int),
    list((b) => b.int("long", 8)),
  );
  assert.equal([...openBtf(dedup(different).bytes).ids("struct")].length, 2);
});

test("a forward declaration becomes the struct that it means", () => {
  const known = list(struct("other"));
  const merged = openBtf(
    dedup(
      together(
        list((b) => b.forward("other", "struct")),
        known,
      ),
    ).bytes,
  );
  assert.deepEqual([...merged.ids("forward")], []);
  assert.equal([...merged.ids("struct")].length, 2);
  assert.equal(merged.count, known.count);
});

test("a forward declaration of a name with two meanings stays", () => {
  const forward = list((b) => b.forward("other", "struct"));
  const narrow = list(struct("other"));
  const wide = list((b) => b.struct("other", 8, [{ name: "x", type: b.int("long", 8), bitOffset: 0 }]));
  const merged = openBtf(dedup(together(forward, narrow, wide)).bytes);
  assert.equal([...merged.ids("forward")].length, 1);
  assert.equal([...merged.ids("struct")].length, 5);
});

test("split BTF takes what its base has", () => {
  const base = openBtf(everyKind().bytes);
  const b = new BtfBuilder({ base });
  const again = b.add(base.type(base.find("int")!), (id) => id);
  const own = b.struct("own", 4, [{ name: "x", type: again, bitOffset: 0 }]);
  const { bytes, ids } = dedup(openBtf(b.encode(), base));
  const merged = openBtf(bytes, base);
  assert.equal(ids[again], base.find("int"));
  assert.equal(ids[own], base.count);
  assert.equal(merged.count, base.count + 1);
});

test("long chains take a moment, not the square of it", () => {
  const b = new BtfBuilder();
  let type = int(b);
  for (let length = 0; length < 100_000; length++) type = b.pointer(type);
  const chain = openBtf(b.encode());
  const twice = together(chain, chain);
  assert.equal(openBtf(dedup(twice).bytes).count, chain.count);
});

const KERNEL = "/sys/kernel/btf/vmlinux";

test("the running kernel's types mean the same afterwards", { skip: !existsSync(KERNEL) && `no ${KERNEL}` }, () => {
  const before = openBtf(readFileSync(KERNEL));
  const after = openBtf(dedup(before).bytes);
  // pahole has done it, so next to nothing is left.
  assert.ok(after.count <= before.count && after.count > before.count * 0.98);
  const kinds = ["struct", "union", "enum", "typedef"] as const;
  const changes = diffBtf(before, after, { kinds }).filter(({ change }) => change !== "removed");
  assert.deepEqual(changes, []);
});
