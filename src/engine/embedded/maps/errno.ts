/** The error numbers that map operations return to programs (asm-generic/errno-base.h, errno.h), negated on the way. */

export const ENOENT = 2;
export const E2BIG = 7;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EBUSY = 16;
export const EEXIST = 17;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ENODATA = 61;
export const EOPNOTSUPP = 95;
/** The kernel's own number for "not supported", which it lets through to user space in places. */
export const ENOTSUPP = 524;
