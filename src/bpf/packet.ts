/** The bytes that a program may look at. */

import type { u8, u16, u32 } from "./integers.ts";

/** The bytes of a packet, from the first header that the hook sees on: of XDP and traffic control, the Ethernet one. */
export interface Packet {
  /** Bytes of the packet (of its linear part, where it is in several). */
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
