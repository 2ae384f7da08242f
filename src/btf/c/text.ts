/** Declarations as one text. */

import { BtfError } from "../errors.ts";

/** Characters of the longest text: a kernel's types take 4 million, and no JavaScript engine's string holds 2^29. */
const LONGEST = 1 << 28;

/** @throws BtfError when they are too many: types that many others are made of, with long names, multiply. */
export function joinText(parts: readonly string[]): string {
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > LONGEST) throw new BtfError(`expected types that print as at most ${LONGEST} characters, found ${length}`);
  return parts.join("");
}
