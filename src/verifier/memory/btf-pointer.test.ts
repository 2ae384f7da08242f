import assert from "node:assert/strict";
import { test } from "node:test";
import { type Btf, openBtf } from "../../btf/btf.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import { pointer, type Reg } from "../state/register.ts";
import {
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_USER,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MEM,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  SCALAR,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { but, type Given, load, refusal, store, walkWith } from "./testing.ts";

/**
 *     struct task {
 *       int pid; char name[8]; unsigned flag : 4;      // 0, 4, 12
 *       struct task *parent;                            // 16, listed as always there under RCU
 *       struct task __rcu *leader; int __user *buffer;  // 24, 32
 *       union { long number; struct task *other; };     // 40
 *       struct { long a; struct task *inner; } nested;  // 48
 *     };
 */
function kernelTypes(): Btf {
  const types = new BtfBuilder();
  const int = types.int("int", 4, { signed: true });
  const long = types.int("long", 8, { signed: true });
  const char = types.int("char", 1, { char: true, signed: true });
  const id = types.reserve();
  const task = types.pointer(id);
  const union = types.union("", 8, [
    { name: "number", type: long, bitOffset: 0 },
    { name: "other", type: task, bitOffset: 0 },
  ]);
  const nested = types.struct("nested", 16, [
    { name: "a", type: long, bitOffset: 0 },
    { name: "inner", type: task, bitOffset: 64 },
  ]);
  const members = [
    { name: "pid", type: int, bitOffset: 0 },
    { name: "name", type: types.array(char, 8), bitOffset: 4 * 8 },
    { name: "flag", type: int, bitOffset: 12 * 8, bitSize: 4 },
    { name: "parent", type: task, bitOffset: 16 * 8 },
    { name: "leader", type: types.pointer(types.typeTag("rcu", id)), bitOffset: 24 * 8 },
    { name: "buffer", type: types.pointer(types.typeTag("user", int)), bitOffset: 32 * 8 },
    { name: "", type: union, bitOffset: 40 * 8 },
    { name: "nested", type: nested, bitOffset: 48 * 8 },
  ];
  types.struct("task", 64, members, id);
  types.struct("task__safe_rcu", 8, [{ name: "parent", type: task, bitOffset: 0 }]);
  return openBtf(types.encode());
}

const types = kernelTypes();

function walkToTask(flags: number, given: Given = {}): Walk {
  const walk = walkWith({ kernelTypes: types, ...given });
  walk.setReg(1, task(flags));
  return walk;
}

function task(flags: number): Reg {
  return but(pointer(PTR_TO_BTF_ID | flags), { btf: types, btfId: types.find("task", "struct") ?? 0 });
}

test("a number is loaded as wide as wanted, within its field", () => {
  const walk = walkToTask(PTR_TRUSTED);
  assert.equal(load(walk, 1, 0, 4).bounds.umaxHi, 0);
  assert.equal(load(walk, 1, 2, 1).bounds.umaxLo, 255);
  // Arrays of numbers are one field.
  load(walk, 1, 8, 4);
  load(walk, 1, 12, 4);
  assert.equal(
    refusal(() => load(walk, 1, 0, 8))?.text,
    "access beyond the end of member pid (mend:4) in struct task with off 0 size 8",
  );
  assert.equal(refusal(() => load(walk, 1, 60, 8))?.text, "access beyond struct task at off 60 size 8");
});

test("a pointer is loaded whole, and is one to its struct", () => {
  const walk = walkToTask(PTR_TRUSTED);
  const parent = load(walk, 1, 16, 8);
  assert.deepEqual([parent.type, parent.btfId], [PTR_TO_BTF_ID | MEM_RCU, walk.reg(1).btfId]);
  assert.equal(
    refusal(() => load(walk, 1, 16, 4))?.text,
    "cannot access ptr member parent with moff 16 in struct task with off 16 size 4",
  );
  assert.equal(load(walk, 1, 56, 8).type, PTR_TO_BTF_ID);
});

test("what RCU protects may be null unless it is listed, and is nothing to rely on where the program may sleep", () => {
  assert.equal(load(walkToTask(PTR_TRUSTED), 1, 24, 8).type, PTR_TO_BTF_ID | MEM_RCU | PTR_MAYBE_NULL);
  assert.equal(load(walkToTask(PTR_TRUSTED, { sleepable: true }), 1, 24, 8).type, PTR_TO_BTF_ID | PTR_UNTRUSTED);
  assert.equal(load(walkToTask(PTR_UNTRUSTED), 1, 16, 8).type, PTR_TO_BTF_ID | PTR_UNTRUSTED);
  // Pointers of old, from before trust was told apart, lead to others of their kind.
  assert.equal(load(walkToTask(0), 1, 24, 8).type, PTR_TO_BTF_ID);
  assert.equal(load(walkToTask(0, { era: 601 }), 1, 24, 8).type, PTR_TO_BTF_ID);
});

test("a pointer to a number may be read through since 6.17, and before was a number", () => {
  assert.equal(load(walkToTask(PTR_TRUSTED), 1, 32, 8).type, PTR_TO_MEM | MEM_RDONLY | PTR_UNTRUSTED);
  assert.equal(load(walkToTask(PTR_TRUSTED, { era: 612 }), 1, 32, 8).type, SCALAR);
});

test("objects of the kernel are only read, at constant offsets", () => {
  const walk = walkToTask(PTR_TRUSTED);
  assert.equal(refusal(() => store(walk, 1, 0, 4, -1))?.text, "only read is supported");
  assert.equal(refusal(() => load(walk, 1, -4, 4))?.text, "R1 is ptr_task invalid negative access: off=-4");
  walk.setReg(1, but(task(PTR_TRUSTED), { bounds: load(walk, 1, 0, 4).bounds }));
  assert.equal(
    refusal(() => load(walk, 1, 0, 4))?.text,
    "R1 is ptr_task invalid variable offset: off=0, var_off=(0x0; 0xffffffff)",
  );
});

test("memory of a process or of one CPU is not followed", () => {
  assert.equal(refusal(() => load(walkToTask(MEM_USER), 1, 0, 4))?.text, "R1 is ptr_task access user memory: off=0");
  assert.equal(refusal(() => load(walkToTask(MEM_PERCPU), 1, 0, 4))?.text, "R1 is ptr_task access percpu memory: off=0");
  const nullable = walkToTask(PTR_TRUSTED | PTR_MAYBE_NULL);
  assert.equal(refusal(() => load(nullable, 1, 0, 4))?.text, "R1 invalid mem access 'trusted_ptr_or_null_'");
});

test("programs under other licences do not look into the kernel", () => {
  assert.deepEqual(
    refusal(() => load(walkToTask(PTR_TRUSTED, { gpl: false }), 1, 0, 4)),
    { text: "Cannot access kernel 'struct task' from non-GPL compatible program", code: "EINVAL" },
  );
});
