import assert from "node:assert/strict";
import { test } from "node:test";
import { Bounds, constant, signedConstant, UNKNOWN } from "../numbers/bounds.ts";
import type { Code, MapFacts } from "../program.ts";
import { Frame } from "../state/frame.ts";
import { ADD_CONST, pointer, scalar } from "../state/register.ts";
import { everyKind, SLOT_DYNPTR, SLOT_MISC, SLOT_SPILL, SLOT_ZERO, Slot, withKind } from "../state/slot.ts";
import { State } from "../state/state.ts";
import {
  DYNPTR_TYPE_LOCAL,
  MEM_RDONLY,
  MEM_RINGBUF,
  PTR_MAYBE_NULL,
  PTR_TO_CTX,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_STACK,
} from "../state/types.ts";
import { printFrame, Touched } from "./frame.ts";
import { printInstruction } from "./instruction.ts";
import { printRegister } from "./register.ts";
import { typeName } from "./types.ts";

function atMost255(): Bounds {
  const to = new Bounds();
  to.sminHi = 0;
  to.smaxLo = to.umaxLo = to.u32max = to.s32max = 255;
  to.smaxHi = to.umaxHi = to.s32min = 0;
  to.maskLo = 255;
  to.maskHi = 0;
  return to;
}

const VALUES = { name: "values", keySize: 4, valueSize: 8 } as MapFacts;

test("numbers: small ones in decimal, what is not known by its limits and bits", () => {
  assert.equal(printRegister(scalar(signedConstant(-5)), 0, 618), "-5");
  assert.equal(printRegister(scalar(constant(0x12345, 0)), 0, 618), "0x12345");
  assert.equal(printRegister(scalar(constant(0x12345, 0)), 0, 601), "74565");
  assert.equal(printRegister(scalar(UNKNOWN), 0, 618), "scalar()");
  assert.equal(
    printRegister(scalar(atMost255()), 0, 618),
    "scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))",
  );
  assert.equal(printRegister(scalar(atMost255()), 0, 601), "scalar(umax=255,var_off=(0x0; 0xff))");
  const precise = scalar(constant(7, 0));
  precise.precise = true;
  assert.equal(printRegister(precise, 0, 618), "P7");
  const linked = scalar(UNKNOWN);
  linked.id = ADD_CONST | 3;
  linked.off = 8;
  assert.equal(printRegister(linked, 0, 618), "scalar(id=3+8)");
});

test("pointers: type, and what of it is not zero; before 6.8 offsets and immediates always", () => {
  assert.equal(printRegister(pointer(PTR_TO_CTX), 0, 618), "ctx()");
  assert.equal(printRegister(pointer(PTR_TO_CTX), 0, 601), "ctx(off=0,imm=0)");
  const value = pointer(PTR_TO_MAP_VALUE | PTR_MAYBE_NULL);
  value.map = VALUES;
  value.id = 2;
  assert.equal(printRegister(value, 0, 618), "map_value_or_null(id=2,map=values,ks=4,vs=8)");
  assert.equal(printRegister(value, 0, 601), "map_value_or_null(id=2,off=0,ks=4,vs=8,imm=0)");
  const packet = pointer(PTR_TO_PACKET);
  packet.off = 14;
  packet.range = 14;
  assert.equal(printRegister(packet, 0, 618), "pkt(off=14,r=14)");
  const stack = pointer(PTR_TO_STACK);
  stack.off = -8;
  assert.equal(printRegister(stack, 0, 618), "fp-8");
  assert.equal(printRegister(stack, 1, 618), "fp[0]-8");
  const record = pointer(PTR_TO_MEM | MEM_RINGBUF);
  record.memSize = 16;
  record.refId = 4;
  assert.equal(printRegister(record, 0, 618), "ringbuf_mem(ref_obj_id=4,sz=16)");
});

test("before 6.2 the last flag of a type hides the others", () => {
  assert.equal(typeName(PTR_TO_MEM | MEM_RDONLY | MEM_RINGBUF, 618), "rdonly_ringbuf_mem");
  assert.equal(typeName(PTR_TO_MEM | MEM_RDONLY | MEM_RINGBUF, 601), "alloc_mem");
});

test("a frame: registers, slots of stack by their bytes, spills with what lies above them, references", () => {
  const frame = new Frame(-1, 0, 0);
  frame.regs[0] = scalar(constant(1, 0));
  frame.regs[10] = pointer(PTR_TO_STACK);
  const half = [7, 6, 5, 4].reduce((kinds, i) => withKind(kinds, i, SLOT_SPILL), withKind(0, 0, SLOT_ZERO));
  const dynptr = pointer(PTR_TO_MEM);
  dynptr.dynptrType = DYNPTR_TYPE_LOCAL;
  dynptr.id = 5;
  frame.stack = [
    new Slot(everyKind(SLOT_MISC), frame.regs[1]!),
    new Slot(half, scalar(constant(9, 0))),
    new Slot(everyKind(SLOT_DYNPTR), dynptr),
    new Slot(everyKind(SLOT_DYNPTR), dynptr),
  ];
  const state = new State([frame]);
  state.references = [{ kind: "pointer", id: 2, slot: 0, lockOf: null, lockId: 0, irqClass: 0, callbackFrame: 0 }];
  assert.equal(
    printFrame(state, state.frame, null, 618),
    " R0=1 R10=fp0 fp-8=mmmmmmmm fp-16=0???9 fp-32=dynptr_local(id=5) refs=2",
  );
  const touched = new Touched();
  touched.register(0);
  touched.slot(0);
  assert.equal(printFrame(state, frame, touched, 618), " R0=1 fp-8=mmmmmmmm refs=2");
});

test("instructions with their opcodes, also those that mean nothing", () => {
  const code = (opcode: number, dst: number, src: number, offset: number, imm: number): Code => ({
    length: 1,
    opcode: Uint8Array.of(opcode),
    dst: Uint8Array.of(dst),
    src: Uint8Array.of(src),
    offset: Int16Array.of(offset),
    imm: Int32Array.of(imm),
  });
  assert.equal(printInstruction(code(0x61, 2, 1, 0, 0), 0), "(61) r2 = *(u32 *)(r1 +0)");
  assert.equal(printInstruction(code(0xb7, 0, 0, 0, 0), 0), "(b7) r0 = 0");
  assert.equal(printInstruction(code(0x85, 0, 0, 0, 1), 0), "(85) call bpf_map_lookup_elem#1");
  assert.equal(printInstruction(code(0x15, 1, 0, -3, -1), 0), "(15) if r1 == 0xffffffff goto pc-3");
  assert.equal(printInstruction(code(0xdb, 10, 1, -8, 0x10), 0), "BUG_db");
});
