import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../btf/btf.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import { but, refusal, walkWith } from "../memory/testing.ts";
import { constant } from "../numbers/bounds.ts";
import { pointer, type Reg, scalar } from "../state/register.ts";
import { CONST_PTR_TO_MAP, PTR_TO_BTF_ID, PTR_TO_MAP_VALUE, PTR_TO_STACK } from "../state/types.ts";
import { type KfuncFlags, NO_KFUNC_FLAGS } from "../target.ts";
import { KfuncCall } from "./call.ts";
import { hasSuffix, isPlain, kindOf, structOf } from "./kinds.ts";

const STACK = pointer(PTR_TO_STACK);
const NULL = scalar(constant(0, 0));
const EIGHT = scalar(constant(8, 0));

interface Parameter {
  readonly name: string;
  readonly type: (types: BtfBuilder) => number;
}
const struct = (name: string) => (t: BtfBuilder) => t.pointer(t.struct(name, 0, []));
const number = (t: BtfBuilder) => t.int("u32", 4);
const untyped = (t: BtfBuilder) => t.pointer(0);

/** What the kernel function wants of its first argument, when it is given that. */
function kind(parameters: readonly Parameter[], given: readonly Reg[], flags: Partial<KfuncFlags> = {}, name = "bpf_f"): string {
  const builder = new BtfBuilder();
  const prototype = builder.prototype(
    builder.int("int", 4),
    parameters.map(({ name, type }) => ({ name, type: type(builder) })),
  );
  const id = builder.function(name, prototype, "global");
  const walk = walkWith();
  for (const [at, reg] of given.entries()) walk.setReg(at + 1, reg);
  const call = new KfuncCall(openBtf(builder.encode()), name, id, { ...NO_KFUNC_FLAGS, ...flags });
  let found = "";
  const refused = refusal(() => {
    found = kindOf(walk, call, 0);
  });
  return refused?.text ?? found;
}

describe("an argument of a kernel function is what its struct says", () => {
  for (const [name, expected] of [
    ["bpf_dynptr", "dynptr"],
    ["bpf_list_head", "list-head"],
    ["bpf_rb_node", "rb-node"],
    ["bpf_wq", "work-queue"],
    ["bpf_task_work", "task-work"],
    ["bpf_res_spin_lock", "res-spin-lock"],
    ["xdp_md", "context"],
  ] as const)
    test(name, () => assert.equal(kind([{ name: "p", type: struct(name) }], [STACK]), expected));
});

describe("or what its name's end says", () => {
  for (const [name, expected] of [
    ["p__alloc", "allocated"],
    ["p__refcounted_kptr", "refcounted"],
    ["p__iter", "iterator"],
    ["p__str", "string"],
    ["p__map", "map"],
    ["p__irq_flag", "irq-flag"],
  ] as const)
    test(name, () => assert.equal(kind([{ name, type: untyped }], [STACK]), expected));
});

test("or what it is for: the first argument of an iterator's functions is the iterator", () => {
  for (const flags of [{ iteratorNew: true }, { iteratorNext: true }, { iteratorDestroy: true }])
    assert.equal(kind([{ name: "it", type: struct("bpf_iter_num") }], [STACK], flags), "iterator");
});

test("null is none where that is allowed, unless its size follows", () => {
  assert.equal(kind([{ name: "p__nullable", type: struct("foo") }], [NULL]), "null");
  const sized = [
    { name: "p__nullable", type: untyped },
    { name: "size__szk", type: number },
  ];
  assert.equal(kind(sized, [NULL, EIGHT]), "memory-and-size");
});

test("memory with its size may be of any type, other memory holds numbers", () => {
  const text = [
    { name: "p", type: untyped },
    { name: "p__sz", type: number },
  ];
  assert.equal(kind(text, [STACK, EIGHT]), "memory-and-size");
  assert.match(kind(text, [STACK, STACK]), /must point to scalar, or struct with scalar/, "the size is no number");
  assert.equal(kind([{ name: "p", type: (t) => t.pointer(number(t)) }], [STACK]), "memory");
});

test("objects are told by the register", () => {
  assert.equal(kind([{ name: "p", type: struct("task_struct") }], [pointer(PTR_TO_BTF_ID)]), "object");
  assert.match(kind([{ name: "p", type: untyped }], [pointer(PTR_TO_BTF_ID)]), /pointer type UNKN {2}is not supported/);
  assert.equal(structOf(CONST_PTR_TO_MAP), "bpf_map");
  assert.equal(structOf(but(pointer(PTR_TO_MAP_VALUE), {}).type), undefined);
});

test("a suffix follows a name", () => {
  assert.ok(hasSuffix({ name: "size__sz", type: 0 }, "__sz"));
  assert.ok(!hasSuffix({ name: "__sz", type: 0 }, "__sz"));
  assert.ok(!hasSuffix({ name: "size__szk", type: 0 }, "__k"));
  assert.ok(!hasSuffix(undefined, "__sz"));
});

test("structs of numbers are four deep at most", () => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4);
  let inner = int;
  const nested = Array.from({ length: 5 }, (_, depth) => {
    inner = builder.struct(`level${depth}`, 4, [{ name: "a", type: inner, bitOffset: 0 }]);
    return inner;
  });
  const withArray = builder.struct("array", 16, [{ name: "a", type: builder.array(int, 4), bitOffset: 0 }]);
  const withPointer = builder.struct("pointer", 8, [{ name: "a", type: builder.pointer(int), bitOffset: 0 }]);
  const types = openBtf(builder.encode());
  assert.deepEqual(
    nested.map((id) => isPlain(types, id, 0)),
    [true, true, true, true, false],
  );
  assert.ok(isPlain(types, int, 0));
  assert.ok(isPlain(types, withArray, 0));
  assert.ok(!isPlain(types, withPointer, 0));
});
