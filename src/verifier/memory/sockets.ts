/** Fields of sockets as programs see them: `struct bpf_sock`, `bpf_tcp_sock`, `bpf_xdp_sock` of linux/bpf.h. All are read-only. */

import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";
import { negativeText } from "./range.ts";

/**
 * `check_sock_access`.
 *
 * @param off with `Reg.off`.
 */
export function checkSocket(walk: Walk, index: number, off: number, size: number): void {
  const reg = walk.reg(index);
  if (reg.bounds.sminHi < 0) refuse(negativeText(index));
  if (off >= 0 && walk.program.target.socketAccess(reg.type, off, size) !== null) return;
  refuse(`R${index} invalid ${typeName(reg.type, walk.era)} access off=${off} size=${size}`);
}
