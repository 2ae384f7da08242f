/** Constants of the kernel's headers under the kernel's names, by the module that exports them. */

import { XDP } from "../../../uapi/xdp.ts";
import { MAP_CONSTANTS } from "./map-constants.ts";

/** `enum xdp_action` of linux/bpf.h. */
export const BPF_CONSTANTS = {
  XDP_ABORTED: XDP.ABORTED,
  XDP_DROP: XDP.DROP,
  XDP_PASS: XDP.PASS,
  XDP_TX: XDP.TX,
  XDP_REDIRECT: XDP.REDIRECT,
  ...MAP_CONSTANTS,
} as const;

/** linux/if_ether.h, linux/in.h, RFC 9293 (TCP flags), RFC 792 and RFC 4443 (ICMP types). */
export const NET_CONSTANTS = {
  ETH_P_IP: 0x0800,
  ETH_P_ARP: 0x0806,
  ETH_P_8021Q: 0x8100,
  ETH_P_IPV6: 0x86dd,
  ETH_P_8021AD: 0x88a8,
  ETH_P_MPLS_UC: 0x8847,
  ETH_P_LLDP: 0x88cc,
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_GRE: 47,
  IPPROTO_ESP: 50,
  IPPROTO_ICMPV6: 58,
  IPPROTO_SCTP: 132,
  TCP_FIN: 0x01,
  TCP_SYN: 0x02,
  TCP_RST: 0x04,
  TCP_PSH: 0x08,
  TCP_ACK: 0x10,
  TCP_URG: 0x20,
  TCP_ECE: 0x40,
  TCP_CWR: 0x80,
  ARP_REQUEST: 1,
  ARP_REPLY: 2,
  ICMP_ECHO_REPLY: 0,
  ICMP_DEST_UNREACH: 3,
  ICMP_ECHO: 8,
  ICMP_TIME_EXCEEDED: 11,
  ICMPV6_DEST_UNREACH: 1,
  ICMPV6_ECHO_REQUEST: 128,
  ICMPV6_ECHO_REPLY: 129,
} as const;
