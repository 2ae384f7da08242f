/** The XDP hook: packets as the driver received them, before the network stack. Linux 4.8. */

import { BPF_CONSTANTS } from "../compiler/typescript/library/constants.ts";
import type { ProgramDeclaration } from "../object/module.ts";
import type { u8, u16, u32 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";

/** The bytes of a packet, from its Ethernet header on. */
export interface Packet {
  /** Bytes of the packet (of its linear part, where a driver splits large ones). */
  readonly length: u32;
  /**
   * A view of a protocol header at an offset, or null when the packet ends before the header does. Reading and assigning its
   * fields reads and changes the packet.
   */
  at<View>(header: Header<View>, offset: u32): View | null;
  /** The byte at an offset, or null when the packet ends before it. */
  u8(offset: u32): u8 | null;
  /** Two bytes at an offset as a number in network order, or null when the packet ends before them. */
  u16(offset: u32): u16 | null;
  /** Four bytes at an offset as a number in network order, or null when the packet ends before them. */
  u32(offset: u32): u32 | null;
}

/** A protocol header of `skep/bpf/net`. */
export interface Header<View> {
  /** Bytes of its fixed part. */
  readonly size: number;
  readonly "~view"?: View;
}

/** What an XDP program is given: `struct xdp_md` of linux/bpf.h. */
export interface XdpContext {
  readonly packet: Packet;
  /** Index of the interface that received the packet. Linux 4.16. */
  readonly ingressInterface: u32;
  /** The receive queue it came through. Linux 4.16. */
  readonly rxQueue: u32;
}

/** What becomes of the packet: one of the `XDP_` constants. */
export type XdpAction = u32;

/** A program at the XDP hook: `export const name = xdp((ctx) => …)`. It returns what becomes of the packet. */
export function xdp(_program: (ctx: XdpContext) => XdpAction): ProgramDeclaration<"xdp"> {
  return notCompiled("xdp");
}

/** The program failed: the packet is dropped and the `xdp_exception` tracepoint tells. */
export const XDP_ABORTED = BPF_CONSTANTS.XDP_ABORTED;
/** Drops the packet. */
export const XDP_DROP = BPF_CONSTANTS.XDP_DROP;
/** Hands the packet to the network stack. */
export const XDP_PASS = BPF_CONSTANTS.XDP_PASS;
/** Sends the packet back out of the interface it came in by. */
export const XDP_TX = BPF_CONSTANTS.XDP_TX;
/** Sends the packet where a redirect helper said. */
export const XDP_REDIRECT = BPF_CONSTANTS.XDP_REDIRECT;
