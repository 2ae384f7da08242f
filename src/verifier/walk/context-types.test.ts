import assert from "node:assert/strict";
import { test } from "node:test";
import { openBtf } from "../../btf/btf.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { refusal, walkWith } from "../memory/testing.ts";
import type { Program } from "../program.ts";
import { kernelTarget } from "../targets/index.ts";
import { checkContextTag, isContextType } from "./context-types.ts";

function programOf(type: ProgramType, attachType: Program["attachType"] = null): Program {
  const { program } = walkWith();
  const rules = kernelTarget("6.18", null).programType(type, attachType);
  assert.ok(rules !== null && typeof rules === "object");
  return { ...program, type, attachType, rules };
}

const builder = new BtfBuilder();
const struct = (name: string) => builder.struct(name, 0, []);
const ids = {
  void: 0,
  xdp_md: struct("xdp_md"),
  xdp_buff: struct("xdp_buff"),
  pt_regs: struct("pt_regs"),
  foo: struct("foo"),
  bpf_iter__task: struct("bpf_iter__task"),
  unnamed: struct(""),
  u64: builder.int("u64", 8),
  u32: builder.int("u32", 4),
  registers: 0,
};
ids.registers = builder.const(builder.typedef("bpf_user_pt_regs_t", ids.foo));
const types = openBtf(builder.encode());

test("a pointer to the struct of the context is the context", () => {
  const xdp = programOf("xdp");
  assert.ok(isContextType(xdp, types, ids.xdp_md));
  assert.ok(isContextType(xdp, types, ids.xdp_buff), "what the kernel has in its place");
  for (const id of [ids.void, ids.foo, ids.u64, ids.unnamed]) assert.ok(!isContextType(xdp, types, id));
  assert.ok(!isContextType({ ...xdp, era: 601 }, types, ids.xdp_buff), "since 6.2");
});

test("kprobes call their registers by a name of the user's", () => {
  const kprobe = programOf("kprobe");
  assert.ok(isContextType(kprobe, types, ids.registers));
  assert.ok(isContextType(kprobe, types, ids.pt_regs));
  assert.ok(!isContextType(kprobe, types, ids.foo));
  assert.ok(!isContextType(programOf("perf_event"), types, ids.registers), "perf events need the tag");
});

test("what is tagged as context must be able to be one", () => {
  const told = (type: ProgramType, id: number, attachType: Program["attachType"] = null) =>
    refusal(() => checkContextTag(programOf(type, attachType), types, 0, id))?.text ?? "fine";
  assert.equal(told("xdp", ids.void), "fine");
  assert.equal(told("xdp", ids.xdp_md), "fine");
  assert.equal(told("xdp", ids.foo), "arg#0 should be `struct xdp_md *`");
  assert.equal(told("xdp", ids.u64), "arg#0 should be `struct xdp_md *`");
  assert.equal(told("xdp", ids.unnamed), "arg#0 type doesn't have a name");
  assert.equal(told("perf_event", ids.registers), "fine");
  assert.equal(told("raw_tracepoint", ids.u64), "fine");
  assert.equal(told("raw_tracepoint", ids.u32), "arg#0 should be `struct bpf_raw_tracepoint_args *`");
  assert.equal(told("tracepoint", ids.foo), "fine");
  assert.equal(told("tracing", ids.u64, "trace_fentry"), "fine");
  assert.equal(told("tracing", ids.bpf_iter__task, "trace_iter"), "fine");
  assert.equal(told("tracing", ids.foo, "trace_iter"), "arg#0 should be void pointer");
});
