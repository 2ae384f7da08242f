/** When a program was refused without a word: does this process get any program into this kernel? (libbpf asks before it tries.) */

import { PROGRAM_TYPE } from "../../../uapi/program-types.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";

/** `r0 = 0; exit` */
const CODE = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/** Tries a socket filter, else a tracepoint; nothing stays. */
export function loadsAnything({ transport }: Kernel): boolean {
  for (const type of ["socket_filter", "tracepoint"] as const) {
    const fd = new Request(transport, "prog_load")
      .u32("prog_type", PROGRAM_TYPE[type])
      .u32("insn_cnt", CODE.length / 8)
      .pointer("insns", CODE)
      .pointer("license", new TextEncoder().encode("GPL\0"))
      .send();
    if (fd < 0) continue;
    transport.close(fd);
    return true;
  }
  return false;
}
