/** Accesses at multiples of their size: always on the stack, elsewhere where the target or the instruction wants it. */

import type { Bounds } from "../numbers/bounds.ts";
import { bitsText } from "../print/numbers.ts";
import { refuse } from "../refusal.ts";
import type { Reg } from "../state/register.ts";
import {
  PTR_TO_ARENA,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
} from "../state/types.ts";
import type { Walk } from "../walk/walk.ts";

/** The network stack aligns the IP header, so that packets begin this far from a multiple of four. */
const NET_IP_ALIGN = 2;

/** `check_ptr_alignment`: the access of `size` bytes at `reg` + `off` is aligned; `strict` whatever the program was loaded with. */
export function checkAlignment(walk: Walk, reg: Reg, off: number, size: number, strict: boolean): void {
  if (size === 1) return;
  const { type } = reg;
  if (type === PTR_TO_ARENA) return;
  // What is spilled is only kept track of at multiples of its size.
  if (!strict && type !== PTR_TO_STACK && !walk.program.strictAlignment) return;
  if (type === PTR_TO_PACKET || type === PTR_TO_PACKET_META) {
    if (isAlignedAfter(reg.bounds, NET_IP_ALIGN + reg.off + off, size)) return;
    const variable = bitsText(reg.bounds, walk.era);
    refuse(`misaligned packet access off ${NET_IP_ALIGN}+${variable}+${reg.off}+${off} size ${size}`);
  }
  if (isAlignedAfter(reg.bounds, reg.off + off, size)) return;
  refuse(`misaligned ${describe(type)}access off ${bitsText(reg.bounds, walk.era)}+${reg.off}+${off} size ${size}`);
}

/** Whether `variable + constant` is a multiple of `size` (at most 8) whatever the unknown bits are. Sums of bits as in `tnum_add`. */
function isAlignedAfter(variable: Bounds, constant: number, size: number): boolean {
  const sum = (variable.valueLo + constant) | 0;
  const carries = (variable.maskLo + sum) ^ sum;
  return ((sum | carries | variable.maskLo) & (size - 1)) === 0;
}

function describe(type: number): string {
  switch (type) {
    case PTR_TO_FLOW_KEYS:
      return "flow keys ";
    case PTR_TO_MAP_KEY:
      return "key ";
    case PTR_TO_MAP_VALUE:
      return "value ";
    case PTR_TO_CTX:
      return "context ";
    case PTR_TO_STACK:
      return "stack ";
    case PTR_TO_SOCKET:
      return "sock ";
    case PTR_TO_SOCK_COMMON:
      return "sock_common ";
    case PTR_TO_TCP_SOCK:
      return "tcp_sock ";
    case PTR_TO_XDP_SOCK:
      return "xdp_sock ";
    default:
      return "";
  }
}
