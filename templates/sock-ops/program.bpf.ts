// Counts TCP connections of a control group as they are established, by which side began.

import { sockOps, type u64 } from "skep/bpf";

const BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB = 4;
const BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB = 5;

export let outgoing: u64 = 0;
export let incoming: u64 = 0;

export const watch = sockOps((ctx) => {
  if (ctx.op === BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) outgoing += 1;
  if (ctx.op === BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) incoming += 1;
  return 1;
});
