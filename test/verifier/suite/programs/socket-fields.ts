/** Fields of sockets: of any, of full ones, of TCP. */

import { Rules } from "../case.ts";

/** r1 is the packet's socket. */
const socket = (text: string) => `r6 = r1; r0 = 0; r1 = *(u64 *)(r6 +168); if r1 == 0 goto out; ${text}; out: r0 = 0; exit`;
const fullSocket = (text: string) => socket(`call bpf_sk_fullsock; if r0 == 0 goto out; r1 = r0; ${text}`);
const tcpSocket = (text: string) => socket(`call bpf_tcp_sock; if r0 == 0 goto out; r1 = r0; ${text}`);

export const socketFields = new Rules("references");

socketFields.rule(
  "fields of sockets",
  {
    "of any": socket("r2 = *(u32 *)(r1 +4); r3 = *(u32 *)(r1 +24); r4 = *(u8 *)(r1 +25); r5 = *(u32 *)(r1 +72)"),
    "of full ones": fullSocket("r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +48); r4 = *(u16 *)(r1 +48); r5 = *(u32 *)(r1 +16)"),
    "of TCP": tcpSocket("r2 = *(u32 *)(r1 +0); r3 = *(u64 *)(r1 +80); r4 = *(u32 *)(r1 +108)"),
    "a part of one": fullSocket("r2 = *(u8 *)(r1 +4); r3 = *(u16 *)(r1 +44)"),
  },
  {
    "of full ones, of any": socket("r2 = *(u32 *)(r1 +8)"),
    written: fullSocket("r2 = 0; *(u32 *)(r1 +16) = r2"),
    "beyond the end": fullSocket("r2 = *(u32 *)(r1 +80)"),
    "in a wrong width": fullSocket("r2 = *(u64 *)(r1 +0)"),
    "of TCP, a half": tcpSocket("r2 = *(u32 *)(r1 +80)"),
    "of TCP, a byte": tcpSocket("r2 = *(u8 *)(r1 +0)"),
    "maybe null": "r1 = *(u64 *)(r1 +168); r0 = *(u32 *)(r1 +4); exit",
    "a byte of the mark": fullSocket("r2 = *(u8 *)(r1 +16)"),
    "the padding of the port": fullSocket("r2 = *(u16 *)(r1 +50)"),
    "at a variable offset": fullSocket("r2 = *(u32 *)(r6 +0); r2 &= 4; r1 += r2; r3 = *(u32 *)(r1 +24)"),
    moved: fullSocket("r1 += 4; r3 = *(u32 *)(r1 +20)"),
  },
  { type: "sched_cls" },
);
