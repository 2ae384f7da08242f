import assert from "node:assert/strict";
import { test } from "node:test";
import { but, mapWith, refusal, store } from "../memory/testing.ts";
import { pointer, UNINITIALISED, ZERO_SCALAR } from "../state/register.ts";
import { PTR_MAYBE_NULL, PTR_TO_MAP_VALUE, PTR_TO_PACKET, PTR_TO_SOCKET, SCALAR } from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";
import { checkLeaks } from "./references.ts";
import { before, callOf, context, mapPointer, number, stackAt } from "./testing.ts";

const array = mapWith({ type: "array", keySize: 4, valueSize: 8, maxEntries: 4 });
const hash = mapWith({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 });

function withKey(walk: Walk, key: number): Walk {
  walk.setReg(2, number(key));
  store(walk, 10, -8, 4, 2);
  return walk;
}

test("a lookup finds a value, or null until the program knows better", () => {
  const walk = withKey(before("bpf_map_lookup_elem"), 1);
  const found = callOf(walk, "bpf_map_lookup_elem", mapPointer(hash), stackAt(-8));
  assert.equal(found.type, PTR_TO_MAP_VALUE | PTR_MAYBE_NULL);
  assert.equal(found.map, hash);
  assert.notEqual(found.id, 0);
  assert.equal(walk.reg(1), UNINITIALISED, "r1 … r5 are lost");
});

test("a constant key below the number of entries of an array is always found, since 6.14", () => {
  const look = (era: number, key: number) => {
    const walk = withKey(before("bpf_map_lookup_elem", { era }), key);
    return callOf(walk, "bpf_map_lookup_elem", mapPointer(array), stackAt(-8)).type;
  };
  assert.equal(look(618, 3), PTR_TO_MAP_VALUE);
  assert.equal(look(618, 4), PTR_TO_MAP_VALUE | PTR_MAYBE_NULL);
  assert.equal(look(612, 3), PTR_TO_MAP_VALUE | PTR_MAYBE_NULL);
});

test("what an argument may be is said in the kernel's words", () => {
  const text = (era: number) =>
    refusal(() => callOf(before("bpf_map_lookup_elem", { era }), "bpf_map_lookup_elem", mapPointer(hash), number(1)))?.text;
  assert.equal(text(618), "R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_");
  assert.equal(text(601), "R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value");
});

test("helpers that are not for the program, not free, or asleep", () => {
  const call = (walk: Walk, helper: Parameters<typeof callOf>[1]) => refusal(() => callOf(walk, helper))?.text;
  assert.equal(
    call(before("bpf_skb_load_bytes", { type: "xdp" }), "bpf_skb_load_bytes"),
    "program of this type cannot use helper bpf_skb_load_bytes#26",
  );
  assert.equal(
    call(before("bpf_skb_load_bytes", { type: "xdp", era: 601 }), "bpf_skb_load_bytes"),
    "unknown func bpf_skb_load_bytes#26",
  );
  assert.equal(
    call(before("bpf_trace_printk", { gpl: false }), "bpf_trace_printk"),
    "cannot call GPL-restricted function from non-GPL compatible program",
  );
});

test("a socket that was looked up is given back, once, by any of its pointers", () => {
  const walk = before("bpf_sk_lookup_tcp");
  for (let off = -16; off < 0; off += 8) {
    walk.setReg(2, ZERO_SCALAR);
    store(walk, 10, off, 8, 2);
  }
  const socket = callOf(walk, "bpf_sk_lookup_tcp", context, stackAt(-16), number(12), number(0), number(0));
  assert.equal(socket.type, PTR_TO_SOCKET | PTR_MAYBE_NULL);
  assert.equal(walk.state.references.length, 1);
  assert.equal(
    refusal(() => checkLeaks(walk, false, "BPF_EXIT instruction in main prog"))?.text,
    `Unreleased reference id=${socket.refId} alloc_insn=0\nBPF_EXIT instruction in main prog would lead to reference leak`,
  );
  const checked = but(socket, { type: PTR_TO_SOCKET, id: 0 });
  walk.setReg(6, checked);
  walk.setReg(7, checked);
  callOf(walk, "bpf_sk_release", checked);
  assert.equal(walk.reg(6).type, SCALAR);
  assert.equal(walk.reg(7).type, SCALAR);
  checkLeaks(walk, false, "BPF_EXIT instruction in main prog");
  assert.equal(
    refusal(() => callOf(walk, "bpf_sk_release", but(checked, { refId: 0 })))?.text,
    "R1 must be referenced when passed to release function",
  );
});

test("packet pointers are lost to helpers that move the packet", () => {
  const walk = before("bpf_skb_change_tail");
  walk.setReg(6, pointer(PTR_TO_PACKET));
  callOf(walk, "bpf_skb_change_tail", context, number(64), number(0));
  assert.equal(walk.reg(6).type, SCALAR);
});

test("maps and helpers that do not go together", () => {
  const walk = withKey(before("bpf_map_lookup_elem"), 1);
  const ring = mapWith({ type: "ringbuf", keySize: 0, valueSize: 0 });
  assert.equal(
    refusal(() => callOf(walk, "bpf_ringbuf_query", mapPointer(hash), number(0)))?.text,
    "cannot pass map_type 1 into func bpf_ringbuf_query#134",
  );
  assert.equal(callOf(walk, "bpf_ringbuf_query", mapPointer(ring), number(0)).type, SCALAR);
});

test("a size that may be negative, too large or zero", () => {
  const read = (size: ReturnType<typeof number>) =>
    refusal(() => callOf(before("bpf_csum_diff"), "bpf_trace_printk", stackAt(-8), size))?.text;
  assert.equal(read(number(-1)), "R2 min value is negative, either use unsigned or 'var &= const'");
  assert.equal(read(number(1 << 29)), "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'");
  assert.equal(read(number(0)), "R2 invalid zero-sized read: u64=[0,0]");
});
