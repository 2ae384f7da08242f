// Programs on packets, in our language, which count and let pass.

import { action, netkitPeer, netkitPrimary, TCX_NEXT, tc, tcxEgress, type u64, XDP_PASS, xdp } from "skep/bpf";

export let received: u64 = 0;
export let filtered: u64 = 0;
export let acted: u64 = 0;
export let sent: u64 = 0;
export let primary: u64 = 0;
export let peer: u64 = 0;

export const onXdp = xdp(() => {
  received++;
  return XDP_PASS;
});

export const onTc = tc(() => {
  filtered++;
  return 0;
});

export const onAction = action(() => {
  acted++;
  return 0;
});

export const onEgress = tcxEgress(() => {
  sent++;
  return TCX_NEXT;
});

export const onPrimary = netkitPrimary(() => {
  primary++;
  return TCX_NEXT;
});

export const onPeer = netkitPeer(() => {
  peer++;
  return TCX_NEXT;
});
