/** Error numbers that helpers on packets return besides those of maps (asm-generic/errno.h), negated on the way. */

export { E2BIG, EINVAL, ENOENT, ENOMEM, ENOSPC } from "../maps/errno.ts";

export const EACCES = 13;
export const EFAULT = 14;
export const ENODEV = 19;
export const ERANGE = 34;
export const EDEADLK = 35;
export const EPROTO = 71;
export const EOPNOTSUPP = 95;
export const EAFNOSUPPORT = 97;
export const ETIMEDOUT = 110;
export const EALREADY = 114;
export const ENOTSUPP = 524;
