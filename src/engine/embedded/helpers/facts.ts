/** What a socket buffer is known by besides its bytes: its hash, its group, its cookies (net/core/filter.c, Linux 6.18). */

import { SKB, skbOf } from "../contexts/skb.ts";
import { ancestorAt } from "../room/cgroup-tree.ts";
import { flowHash } from "../room/flow-hash.ts";
import { type Helper, type HelperCall, helper } from "./helper.ts";

/** Of addresses and ports, with the engine's seed: one number for one flow, another with another seed. */
function recalculateHash(call: HelperCall): number {
  const skb = skbOf(call.cpu);
  if (!skb.hashed) {
    skb.hashed = true;
    skb.set(SKB.hash, flowHash(call.memory.bytes, skb.network, skb.end, skb.get(SKB.protocol), call.cpu.room.hashSeed));
  }
  return skb.get(SKB.hash);
}

function setHash(call: HelperCall, _skb: number, hash: number): number {
  const skb = skbOf(call.cpu);
  skb.hashed = true;
  skb.set(SKB.hash, hash);
  return 0;
}

/** Of the process whose socket the packet is of; 0 for packets of nobody's. Linux 4.18 and 4.19. */
export const cgroupHelpers: readonly Helper[] = [
  helper("bpf_skb_cgroup_id", ["context"], "u64", (call) => {
    call.high = 0;
    return skbOf(call.cpu).cgroup?.id ?? 0;
  }),
  helper("bpf_skb_ancestor_cgroup_id", ["context", "number"], "u64", (call, _skb, level) => {
    call.high = 0;
    const { cgroup } = skbOf(call.cpu);
    return cgroup === null ? 0 : (ancestorAt(cgroup, level)?.id ?? 0);
  }),
];

export const hashRecalc = helper("bpf_get_hash_recalc", ["context"], "u32", recalculateHash);

export const setHashInvalid = helper("bpf_set_hash_invalid", ["context"], "int", (call) => {
  skbOf(call.cpu).clearHash();
  return 0;
});

export const hashHelpers: readonly Helper[] = [
  hashRecalc,
  setHashInvalid,
  helper("bpf_set_hash", ["context", "number"], "int", setHash),
];
