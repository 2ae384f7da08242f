import assert from "node:assert/strict";
import { test } from "node:test";
import { but, mapWith, refusal } from "../memory/testing.ts";
import type { MapFacts } from "../program.ts";
import { pointer, type Reg } from "../state/register.ts";
import { PTR_TO_MAP_VALUE } from "../state/types.ts";
import { checkLeaks } from "./references.ts";
import { before, callOf } from "./testing.ts";

const map = mapWith({
  typed: true,
  fields: [{ kind: "spin-lock", offset: 4, size: 4, btf: null, btfId: 0, nodeOffset: 0 }],
});

/** A pointer to byte `off` of the value that one lookup found. */
function value(id: number, off = 4, of: MapFacts = map): Reg {
  return but(pointer(PTR_TO_MAP_VALUE), { map: of, id, off });
}

test("what was locked is unlocked, and nothing else", () => {
  for (const era of [601, 612, 618]) {
    const walk = before("bpf_spin_lock", { era });
    callOf(walk, "bpf_spin_lock", value(1));
    assert.equal(walk.state.activeLocks, 1);
    assert.equal(refusal(() => callOf(walk, "bpf_spin_unlock", value(2)))?.text, "bpf_spin_unlock of different lock");
    callOf(walk, "bpf_spin_unlock", value(1));
    assert.equal(walk.state.activeLocks, 0);
    assert.equal(refusal(() => callOf(walk, "bpf_spin_unlock", value(1)))?.text, "bpf_spin_unlock without taking a lock");
  }
});

test("nothing is called, and nothing ends, while a lock is held", () => {
  const held = (era: number) => {
    const walk = before("bpf_spin_lock", { era });
    callOf(walk, "bpf_spin_lock", value(1));
    return walk;
  };
  assert.equal(refusal(() => callOf(held(618), "bpf_ktime_get_ns"))?.text, "function calls are not allowed while holding a lock");
  const end = (era: number) => refusal(() => checkLeaks(held(era), false, "BPF_EXIT instruction in main prog"))?.text;
  assert.equal(end(601), "bpf_spin_unlock is missing");
  assert.equal(end(612), "bpf_spin_unlock is missing");
  assert.equal(end(618), "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region");
});

test("the pointer is to the lock, of a map that the kernel knows the types of", () => {
  const lock = (reg: Reg, era = 618) => refusal(() => callOf(before("bpf_spin_lock", { era }), "bpf_spin_lock", reg))?.text;
  assert.equal(lock(value(1, 0)), "off 0 doesn't point to 'struct bpf_spin_lock' that is at 4");
  assert.equal(lock(value(1, 0), 601), "off 0 doesn't point to 'struct bpf_spin_lock'");
  const untyped = mapWith({ typed: false });
  assert.equal(lock(value(1, 4, untyped)), "map 'values' has to have BTF in order to use bpf_spin_lock");
  const without = mapWith({ typed: true });
  assert.equal(lock(value(1, 4, without)), "map 'values' has no valid bpf_spin_lock");
  assert.equal(lock(value(1, 4, without), 601), "map 'values' doesn't have 'struct bpf_spin_lock'");
});
