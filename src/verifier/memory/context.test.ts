import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded } from "../numbers/load.ts";
import { pointer } from "../state/register.ts";
import { PTR_MAYBE_NULL, PTR_TO_CTX, PTR_TO_PACKET, PTR_TO_SOCK_COMMON, SCALAR } from "../state/types.ts";
import type { ContextAccess } from "../target.ts";
import { but, load, refusal, store, walkWith } from "./testing.ts";

const FIELD: ContextAccess = { type: SCALAR, size: 4, struct: null, range: null };

/** data at 0, a socket at 8, a number at 16 that may be written, what a hook returned at 20. */
function context(offset: number, size: number, write: boolean): ContextAccess | null {
  if (offset === 0 && size === 4 && !write) return { ...FIELD, type: PTR_TO_PACKET };
  if (offset === 8 && size === 8 && !write) return { ...FIELD, type: PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL };
  if (offset === 20 && !write) return { ...FIELD, range: { min: -4095, max: 0 } };
  return offset >= 16 && offset + size <= 20 ? FIELD : null;
}

test("fields give what the table says, as wide as they are loaded", () => {
  const walk = walkWith({ context });
  walk.setReg(1, pointer(PTR_TO_CTX));
  assert.equal(load(walk, 1, 0, 4).type, PTR_TO_PACKET);
  const socket = load(walk, 1, 8, 8);
  assert.equal(socket.type, PTR_TO_SOCK_COMMON | PTR_MAYBE_NULL);
  // Two loads of it are told apart until each is compared with null.
  assert.notEqual(socket.id, load(walk, 1, 8, 8).id);
  assert.equal(load(walk, 1, 17, 1).bounds.umaxLo, 255);
  assert.equal(load(walk, 1, 20, 8).bounds.sminLo, -4095);
});

test("nothing else is loaded or stored", () => {
  const walk = walkWith({ context });
  walk.setReg(1, pointer(PTR_TO_CTX));
  store(walk, 1, 16, 4, -1);
  assert.equal(refusal(() => store(walk, 1, 0, 4, -1))?.text, "invalid bpf_context access off=0 size=4");
  assert.equal(refusal(() => load(walk, 1, 0, 8))?.text, "invalid bpf_context access off=0 size=8");
  assert.equal(refusal(() => load(walk, 1, -4, 4))?.text, "invalid bpf_context access off=-4 size=4");
});

test("before 6.4 immediates are not stored in a context", () => {
  const walk = walkWith({ era: 601, context });
  walk.setReg(1, pointer(PTR_TO_CTX));
  store(walk, 1, 16, 4, 1);
  assert.equal(refusal(() => store(walk, 1, 16, 4, -1))?.text, "BPF_ST stores into R1 ctx is not allowed");
});

test("the pointer to the context is not moved", () => {
  const walk = walkWith({ context });
  const text = (fields: object): string | undefined => {
    walk.setReg(1, but(pointer(PTR_TO_CTX), fields));
    return refusal(() => load(walk, 1, 12, 4))?.text;
  };
  assert.equal(text({ off: 4 }), "dereference of modified ctx ptr R1 off=4 disallowed");
  assert.equal(text({ off: -4 }), "negative offset ctx ptr R1 off=-4 disallowed");
  assert.equal(text({ bounds: loaded(1) }), "variable ctx access var_off=(0x0; 0xff) disallowed");
});
