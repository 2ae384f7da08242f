import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded } from "../numbers/load.ts";
import { pointer, type Reg, scalar } from "../state/register.ts";
import {
  MEM_RDONLY,
  PTR_MAYBE_NULL,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_UNTRUSTED,
  SCALAR,
} from "../state/types.ts";
import { but, load, mapWith, refusal, store, walkWith } from "./testing.ts";

const value = (facts: Parameters<typeof mapWith>[0] = {}, fields: Partial<Reg> = {}): Reg =>
  but(pointer(PTR_TO_MAP_VALUE), { map: mapWith(facts), ...fields });

test("a map value is touched from its first to its last byte", () => {
  const walk = walkWith();
  walk.setReg(1, value());
  assert.equal(load(walk, 1, 56, 8).type, SCALAR);
  assert.equal(
    refusal(() => load(walk, 1, 57, 8))?.text,
    "invalid access to map value, value_size=64 off=57 size=8\nR1 min value is outside of the allowed memory range",
  );
  assert.match(refusal(() => load(walk, 1, -1, 1))?.text ?? "", /^invalid access to map value, value_size=64 off=-1 size=1/);
});

test("an index counts with its lowest and its highest value", () => {
  const walk = walkWith();
  walk.setReg(1, value({ valueSize: 256 }, { bounds: loaded(1) }));
  load(walk, 1, 0, 1);
  assert.equal(
    refusal(() => load(walk, 1, 0, 2))?.text,
    "invalid access to map value, value_size=256 off=255 size=2\nR1 max value is outside of the allowed memory range",
  );
  walk.setReg(1, value({}, { bounds: loaded(4) }));
  assert.equal(refusal(() => load(walk, 1, 0, 1))?.text, "R1 unbounded memory access, make sure to bounds check any such access");
  walk.setReg(1, value({}, { bounds: load(walk, 10, -8, 8).bounds }));
  assert.match(refusal(() => load(walk, 1, 0, 1))?.text ?? "", /^R1 min value is negative/);
});

test("a map that is read-only for programs is not written, and one that is write-only not read", () => {
  const walk = walkWith();
  walk.setReg(1, value({ flags: 1 << 7 }));
  load(walk, 1, 0, 8);
  assert.equal(refusal(() => store(walk, 1, 4, 8, -1))?.text, "write into map forbidden, value_size=64 off=4 size=8");
  walk.setReg(1, value({ flags: 1 << 8 }));
  store(walk, 1, 0, 8, -1);
  assert.equal(refusal(() => load(walk, 1, 4, 8))?.text, "read from map forbidden, value_size=64 off=4 size=8");
});

test("what nobody changes any more is known", () => {
  const walk = walkWith();
  walk.setReg(1, value({ flags: 1 << 7, contents: Uint8Array.from({ length: 64 }, (_, i) => 0xf0 + i) }));
  const known = (off: number, size: number, signExtend: boolean): readonly number[] => {
    const { bounds } = load(walk, 1, off, size, { signExtend });
    return [bounds.maskLo | bounds.maskHi, bounds.valueLo, bounds.valueHi];
  };
  assert.deepEqual(known(1, 1, false), [0, 0xf1, 0]);
  assert.deepEqual(known(1, 1, true), [0, -15, -1]);
  assert.deepEqual(known(2, 2, false), [0, 0xf3f2, 0]);
  assert.deepEqual(known(0, 8, false), [0, 0xf3f2f1f0 | 0, 0xf7f6f5f4 | 0]);
});

test("special fields are for helpers alone", () => {
  const lock = { kind: "spin-lock", offset: 4, size: 4, btf: null, btfId: 0, nodeOffset: 0 } as const;
  const walk = walkWith();
  walk.setReg(1, value({ fields: [lock] }));
  load(walk, 1, 0, 4);
  load(walk, 1, 8, 8);
  for (const [off, size] of [
    [0, 8],
    [7, 1],
    [4, 4],
  ] as const) {
    assert.equal(refusal(() => load(walk, 1, off, size))?.text, "bpf_spin_lock cannot be accessed directly by load/store");
  }
});

test("a pointer that may be null is not followed", () => {
  const walk = walkWith();
  walk.setReg(1, but(value(), { type: PTR_TO_MAP_VALUE | PTR_MAYBE_NULL, id: 1 }));
  assert.equal(refusal(() => load(walk, 1, 0, 4))?.text, "R1 invalid mem access 'map_value_or_null'");
  walk.setReg(1, scalar(loaded(8)));
  assert.equal(refusal(() => load(walk, 1, 0, 4))?.text, "R1 invalid mem access 'scalar'");
});

test("packets are touched as far as was compared", () => {
  const walk = walkWith();
  walk.setReg(1, but(pointer(PTR_TO_PACKET), { range: 14, off: 2, id: 3, bounds: loaded(1) }));
  load(walk, 1, 8, 4);
  store(walk, 1, 11, 1, -1);
  assert.equal(
    refusal(() => load(walk, 1, 9, 4))?.text,
    "invalid access to packet, off=11 size=4, R1(id=3,off=11,r=14)\nR1 offset is outside of the packet",
  );
  assert.equal(refusal(() => load(walk, 1, -3, 1))?.text.includes("off=-1"), true);
});

test("programs that may only read packets do not write them", () => {
  const walk = walkWith({ directPacketWrite: false });
  walk.setReg(1, but(pointer(PTR_TO_PACKET), { range: 14 }));
  load(walk, 1, 0, 1);
  assert.equal(refusal(() => store(walk, 1, 0, 1, -1))?.text, "cannot write into packet");
});

test("where alignment counts, packets begin two bytes after a multiple of four", () => {
  const walk = walkWith({ strictAlignment: true });
  walk.setReg(1, but(pointer(PTR_TO_PACKET), { range: 14 }));
  load(walk, 1, 2, 4);
  assert.equal(refusal(() => load(walk, 1, 4, 4))?.text, "misaligned packet access off 2+0+0+4 size 4");
  walk.setReg(1, value());
  assert.equal(refusal(() => load(walk, 1, 2, 4))?.text, "misaligned value access off 0+0+2 size 4");
});

test("keys, flow keys and memory of a size have their limits", () => {
  const walk = walkWith();
  walk.setReg(1, but(pointer(PTR_TO_MAP_KEY), { map: mapWith({ keySize: 4 }) }));
  load(walk, 1, 0, 4);
  assert.equal(refusal(() => store(walk, 1, 0, 4, -1))?.text, "write to change key R1 not allowed");
  walk.setReg(1, pointer(PTR_TO_FLOW_KEYS));
  store(walk, 1, 48, 8, -1);
  assert.equal(refusal(() => load(walk, 1, 52, 8))?.text, "invalid access to flow keys off=52 size=8");
  walk.setReg(1, but(pointer(PTR_TO_MEM | MEM_RDONLY), { memSize: 8 }));
  load(walk, 1, 0, 8);
  assert.equal(refusal(() => store(walk, 1, 0, 8, -1))?.text, "R1 cannot write into rdonly_mem");
  assert.match(refusal(() => load(walk, 1, 1, 8))?.text ?? "", /^invalid access to memory, mem_size=8 off=1 size=8/);
  // A load from there that faults gives zero.
  walk.setReg(1, pointer(PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED));
  load(walk, 1, -4000, 8);
});
