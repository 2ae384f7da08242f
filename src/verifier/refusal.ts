/** A refusal on its way out of the walk. */

/** The errno that the kernel's `bpf(2)` answers with. */
export type RefusalCode =
  | "EACCES"
  | "EINVAL"
  | "E2BIG"
  | "EFAULT"
  | "ENOMEM"
  | "EPERM"
  | "EOPNOTSUPP"
  /** 524, which libc has no name for. */
  | "ENOTSUPP"
  | "ENOENT"
  | "EBADF"
  | "ELOOP"
  | "EDEADLK"
  | "EPROTO"
  | "EBUSY";

/**
 * Why a program is refused, in the words of the kernel's log (lines are separated by newlines). The walk adds where it was;
 * explain/ makes of it what people read.
 */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: RefusalCode;
  /** The instruction it is about, or -1: the one that is being walked. */
  readonly slot: number;

  constructor(text: string, code: RefusalCode, slot: number) {
    super(text);
    this.code = code;
    this.slot = slot;
  }
}

/** @param text as the kernel of `Walk.era` says it, without the final newline. */
export function refuse(text: string, code: RefusalCode = "EACCES", slot = -1): never {
  throw new Refused(text, code, slot);
}
