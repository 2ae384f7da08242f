/**
 * For privileges.test.ts: a seccomp filter that answers bpf(2) with EPERM, as container runtimes have it, and then an XDP program. Prints what
 * came of it. The filter holds for this process alone, until it ends.
 */

import koffi from "koffi";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import { ARCHITECTURES } from "../../src/engine/linux/sys/arch.ts";

/** linux/prctl.h, linux/seccomp.h, linux/bpf_common.h. */
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const ALLOW = 0x7fff_0000;
const ERRNO_EPERM = 0x0005_0001;
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;

const number = ARCHITECTURES[process.arch]?.bpf ?? -1;
/** `struct sock_filter`: u16 code, u8 jt, u8 jf, u32 k. The call's number is the first word of `struct seccomp_data`. */
const instructions = [
  [LOAD_WORD, 0, 0, 0],
  [JUMP_EQUAL, 0, 1, number],
  [RETURN, 0, 0, ERRNO_EPERM],
  [RETURN, 0, 0, ALLOW],
] as const;
const filter = new Uint8Array(instructions.length * 8);
const view = new DataView(filter.buffer);
for (const [at, [code, whenTrue, whenFalse, value]] of instructions.entries()) {
  view.setUint16(at * 8, code, true);
  view.setUint8(at * 8 + 2, whenTrue);
  view.setUint8(at * 8 + 3, whenFalse);
  view.setUint32(at * 8 + 4, value, true);
}
const fprog = new Uint8Array(16);
new DataView(fprog.buffer).setUint16(0, instructions.length, true);
new DataView(fprog.buffer).setBigUint64(8, koffi.address(filter), true);
const prctl = koffi.load(null).func("prctl", "int", ["int", "uint64", "uint64", "uint64", "uint64"]);
prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
const installed: number = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, koffi.address(fprog), 0, 0);

await using engine = await openLinux();
try {
  await engine.load({ name: "one", license: "GPL", types: null, maps: [], programs: [program("one")] });
  console.log(JSON.stringify({ installed, loaded: true }));
} catch (error) {
  const { name, message, reason } = error as Error & { reason?: string };
  console.log(JSON.stringify({ installed, name, message, reason }));
}
