/** A system call that failed, with its error by number and by name. */

import { getSystemErrorMap } from "node:util";

/** Errors that `bpf(2)` returns and Node's own table does not name. 524 is internal to the kernel and escapes through it. */
const MORE: ReadonlyMap<number, readonly [string, string]> = new Map([
  [524, ["ENOTSUPP", "operation is not supported"]],
  [126, ["ENOKEY", "required key not available"]],
  [129, ["EKEYREJECTED", "key was rejected"]],
  [116, ["ESTALE", "stale file handle"]],
  [85, ["ERESTART", "interrupted system call should be restarted"]],
]);

/** Numbers that the engine decides on: asm-generic/errno.h, the same on every architecture of `ARCHITECTURES`. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  EOVERFLOW: 75,
  ENOTSOCK: 88,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ECONNREFUSED: 111,
  ESTALE: 116,
  ENOTSUPP: 524,
} as const;

export class SystemError extends Error {
  override readonly name = "SystemError";
  /** What was called, e.g. `bpf(map_create)`. */
  readonly call: string;
  /** Positive. */
  readonly errno: number;
  /** Its name, e.g. `EPERM`; `E<number>` when nobody named it. */
  readonly code: string;

  constructor(call: string, errno: number) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? MORE.get(errno) ?? [`E${errno}`, "unknown error"];
    super(`${call}: ${code} (${text})`);
    this.call = call;
    this.errno = errno;
    this.code = code;
  }
}
