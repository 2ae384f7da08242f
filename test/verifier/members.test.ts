/** Programs that implement members of structs (struct_ops), and a few rules that only some kernels have: what they said, beside ours. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelTarget } from "../../src/kernels/types.ts";
import type { Spec } from "../../src/object/spec.ts";
import type { Target } from "../../src/verifier/target.ts";
import { verify } from "../../src/verifier/verify.ts";
import { buildSpec } from "./suite/build.ts";
import type { Setting } from "./suite/case.ts";

const old = openKernelTarget("6.1");
const lts = openKernelTarget("6.12");
const newest = openKernelTarget("6.18");

test("members that only the kernel implements are refused", () => {
  for (const target of [old, lts, newest]) {
    assert.equal(
      member(target, "tcp_congestion_ops", "get_info", "r0 = 0; exit"),
      "attach to unsupported member get_info of struct tcp_congestion_ops",
    );
    assert.equal(member(target, "tcp_congestion_ops", "undo_cwnd", "r0 = 0; exit"), "");
    assert.equal(
      member(target, "tcp_congestion_ops", "name", "r0 = 0; exit"),
      "attach to invalid member name of struct tcp_congestion_ops",
    );
  }
});

test("congestion control that ends sets no options of its socket", () => {
  const set = `r1 = *(u64 *)(r1 +0); *(u32 *)(r10 -4) = 1; r2 = 6; r3 = 13; r4 = r10; r4 += -4; r5 = 4; call bpf_setsockopt; exit`;
  for (const target of [lts, newest]) {
    assert.equal(member(target, "tcp_congestion_ops", "init", set), "");
    assert.equal(
      member(target, "tcp_congestion_ops", "release", set),
      "program of this type cannot use helper bpf_setsockopt#49",
    );
  }
});

test("the struct for tests has no helpers, and its state is written in any part", () => {
  for (const target of [lts, newest]) {
    assert.equal(
      member(target, "bpf_dummy_ops", "test_1", "call bpf_get_prandom_u32; exit"),
      "program of this type cannot use helper bpf_get_prandom_u32#7",
    );
    const write = (at: string) => `r1 = *(u64 *)(r1 +0); ${at} = 1; r0 = 0; exit`;
    assert.equal(member(target, "bpf_dummy_ops", "test_2", write("*(u8 *)(r1 +1)")), "");
    assert.equal(member(target, "bpf_dummy_ops", "test_2", write("*(u32 *)(r1 +2)")), "write access at off 2 with size 4");
  }
});

test("one member of it is for programs that sleep", () => {
  const sleeps = { flags: 16 };
  assert.equal(member(lts, "bpf_dummy_ops", "test_sleepable", "r0 = 0; exit", sleeps), "");
  assert.equal(
    member(lts, "bpf_dummy_ops", "test_2", "r0 = 0; exit", sleeps),
    "attach to unsupported member test_2 of struct bpf_dummy_ops",
  );
});

test("what becomes a packet pointer is not loaded with a sign", () => {
  for (const target of [lts, newest]) {
    assert.equal(said(target, "r1 = *(s32 *)(r1 +0); r0 = 0; exit", { type: "xdp" }), "invalid bpf_context access off=0 size=4");
    assert.equal(said(target, "r1 = *(s32 *)(r1 +12); r0 = 0; exit", { type: "xdp" }), "");
  }
});

test("6.1 does not know that maps are not null", () => {
  const text = "r1 = map array8; if r1 == 0 goto out; r0 = 0; out: exit";
  assert.equal(said(old, text), "R0 !read_ok");
  assert.equal(said(lts, text), "");
  assert.equal(said(newest, text), "");
});

test("global functions that call each other are walked once, and then are too deep", () => {
  const body = (callee: string, out: string) => `if w1 == 0 goto ${out}; w1 += -1; call ${callee}; ${out}: r0 = 0; exit`;
  const text = `r1 = 3; call a; r0 = 0; exit; a: ${body("b", "x")}; b: ${body("a", "y")}`;
  // 6.1 finds the edge back before it walks.
  for (const target of [lts, newest])
    assert.equal(
      said(target, text, {
        functions: (types) => {
          const int = types.int("int", 4, { signed: true });
          const prototype = types.prototype(int, [{ name: "left", type: int }]);
          return Object.fromEntries(["main", "a", "b"].map((name) => [name, types.function(name, prototype, "global")]));
        },
      }),
      "the call stack of 8 frames is too deep !",
    );
});

function said(target: Target, text: string, setting: Setting = {}): string {
  return lastLine(target, buildSpec({ name: "members", category: "btf", accepted: true, text, ...setting }));
}

/** @returns how the refusal ends; empty when it is accepted. */
function member(target: Target, struct: string, name: string, text: string, setting: Setting = {}): string {
  const spec = buildSpec({ name: "members", category: "btf", accepted: true, text, type: "struct_ops", ...setting });
  const functions = [{ member: name, offset: 0, program: "main" }];
  const map = {
    name: "implementation",
    type: "struct_ops",
    keySize: 4,
    valueSize: 64,
    maxEntries: 1,
    flags: 0,
    keyType: 0,
    valueType: 0,
    structOps: { type: 0, typeName: struct, link: false, functions },
  } as const;
  return lastLine(target, { ...spec, maps: [...spec.maps, map] });
}

function lastLine(target: Target, spec: Spec): string {
  return verify(spec, spec.programs[0]!, target).refusal?.text.split("\n").at(-1) ?? "";
}
