/** `htons` and its kin: numbers as they lie in the packet. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "./program.ts";

const top = 'import { htonl, htons, ntohl, ntohs } from "skep/bpf/net";';

const CASES: readonly (readonly [code: string, result: bigint])[] = [
  ["return htons(0x1234);", 0x3412n],
  ["return ntohl(0x01020304);", 0x0403_0201n],
  // The packet counts from 0: bytes 4 to 7 are 04 05 06 07.
  ["return htons(ctx.packet.u16(4) ?? 0);", 0x0504n],
  ["return ntohl(ctx.packet.u32(4) ?? 0);", 0x0706_0504n],
  ["const n = ctx.packet.u32(4) ?? 0; return ntohl(htonl(n));", 0x0405_0607n],
  ["const n = ctx.packet.u32(4) ?? 0; return htons(u16(n));", 0x0706n],
  ["const n = ctx.packet.u32(4) ?? 0; return ntohs(u16(htonl(n)));", 0x0405n],
];

for (const [code, result] of CASES) test(code, async () => assert.equal(await evaluate(code, { top }), result));
