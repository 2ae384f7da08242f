// Data from linux/rtnetlink.h, if_link.h, pkt_sched.h, pkt_cls.h and tc_act/tc_bpf.h (Linux 6.18): what routing messages are of. The same on
// every architecture.

/** `RTM_…`, in lower case. */
export const RTM = {
  newlink: 16,
  dellink: 17,
  getlink: 18,
  setlink: 19,
  newroute: 24,
  delroute: 25,
  newqdisc: 36,
  delqdisc: 37,
  getqdisc: 38,
  newtclass: 40,
  gettclass: 42,
  newtfilter: 44,
  deltfilter: 45,
  gettfilter: 46,
} as const;

/** Bytes of `struct ifinfomsg` and `struct tcmsg`, which follow the header. */
export const IFINFOMSG = 16;
export const TCMSG = 20;

export const IFLA = { name: 3, xdp: 43 } as const;
/** In `IFLA_XDP`. */
export const IFLA_XDP = { descriptor: 1, attached: 2, flags: 3, program: 4, native: 5, generic: 6, offloaded: 7 } as const;

export const TCA = { kind: 1, options: 2 } as const;
/** In `TCA_OPTIONS` of a filter of kind `bpf`. */
export const TCA_BPF = { act: 1, descriptor: 6, name: 7, flags: 8, id: 11 } as const;
/** In each of a list of actions. */
export const TCA_ACT = { kind: 1, options: 2 } as const;
/** In `TCA_ACT_OPTIONS` of an action of kind `bpf`. */
export const TCA_ACT_BPF = { parameters: 2, descriptor: 5, name: 6, id: 9 } as const;

/** Where `clsact` hangs (`TC_H_CLSACT`), its handle, and where filters hang on it; those of `ingress` hang on the first. */
export const CLSACT = { parent: 0xffff_fff1, handle: 0xffff_0000, ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
