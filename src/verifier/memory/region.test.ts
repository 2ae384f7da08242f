import assert from "node:assert/strict";
import { test } from "node:test";
import { ZERO } from "../numbers/bounds.ts";
import { pointer, scalar } from "../state/register.ts";
import { kindAt, SLOT_MISC, SLOT_SPILL, SLOT_ZERO } from "../state/slot.ts";
import { PTR_TO_CTX, PTR_TO_MAP_VALUE, PTR_TO_STACK } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { checkHelperMemory } from "./region.ts";
import { but, type Given, load, mapWith, refusal, store, walkWith } from "./testing.ts";

/** r1 points to the last 16 bytes of stack; the context is spilled in the lower half, the upper is zero. */
function prepared(given: Given = {}): Walk {
  const walk = walkWith(given);
  walk.setReg(2, pointer(PTR_TO_CTX));
  walk.setReg(3, scalar(ZERO));
  store(walk, 10, -16, 8, 2);
  store(walk, 10, -4, 4, 3);
  store(walk, 10, -8, 4, 3);
  walk.setReg(1, but(pointer(PTR_TO_STACK), { off: -16 }));
  return walk;
}

test("what a helper reads stays as it is, since 6.14", () => {
  const walk = prepared();
  checkHelperMemory(walk, 1, 16, false, false, null);
  assert.equal(load(walk, 10, -16, 8).type, PTR_TO_CTX);
  assert.equal(kindAt(walk.frame.stack[0]!.kinds, 0), SLOT_ZERO);
});

test("what a helper may write is anything then; before 6.14 every helper may", () => {
  for (const [walk, write] of [
    [prepared(), true],
    [prepared({ era: 612 }), false],
  ] as const) {
    checkHelperMemory(walk, 1, 16, write, false, null);
    for (const { kinds } of walk.frame.stack) for (let i = 0; i < 8; i++) assert.equal(kindAt(kinds, i), SLOT_MISC);
  }
});

test("memory that a helper fills is noted, and written when all arguments are checked", () => {
  const walk = prepared();
  const raw = { rawMode: true, rawReg: 0, rawSize: 0 };
  checkHelperMemory(walk, 1, 16, true, false, raw);
  assert.deepEqual(raw, { rawMode: true, rawReg: 1, rawSize: 16 });
  assert.equal(kindAt(walk.frame.stack[1]!.kinds, 7), SLOT_SPILL);
});

test("the whole of it is in bounds", () => {
  assert.deepEqual(
    refusal(() => checkHelperMemory(prepared(), 1, 17, true, false, null)),
    { text: "invalid write to stack R1 off=-16 size=17", code: "EINVAL" },
  );
  assert.equal(
    refusal(() => checkHelperMemory(prepared({ era: 612 }), 1, 17, false, false, null))?.text,
    "invalid indirect access to stack R1 off=-16 size=17",
  );
  assert.equal(refusal(() => checkHelperMemory(prepared(), 1, 0, false, false, null))?.text, "invalid zero-sized read");
});

test("map values have no helpers at their special fields", () => {
  const walk = prepared();
  const lock = { kind: "spin-lock", offset: 0, size: 4, btf: null, btfId: 0, nodeOffset: 0 } as const;
  walk.setReg(1, but(pointer(PTR_TO_MAP_VALUE), { map: mapWith({ fields: [lock] }) }));
  assert.equal(
    refusal(() => checkHelperMemory(walk, 1, 8, false, false, null))?.text,
    "bpf_spin_lock cannot be accessed directly by load/store",
  );
});

test("nothing is memory for no bytes; other numbers and contexts are not memory", () => {
  const walk = prepared();
  checkHelperMemory(walk, 3, 0, false, true, null);
  assert.equal(refusal(() => checkHelperMemory(walk, 3, 1, false, true, null))?.text, "R3 type=scalar expected=fp");
  assert.equal(refusal(() => checkHelperMemory(walk, 2, 8, false, true, null))?.text, "R2 type=ctx expected=fp");
});
