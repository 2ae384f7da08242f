/** Huffman codes of deflate: from the lengths that a file brings to tables that a decoder looks up. */

/** Deflate data that is damaged. */
export class InflateError extends Error {
  override readonly name = "InflateError";
}

/** A table that is looked up with the next bits of input: symbol << 4 | code length; 0 where no code begins so. */
export interface Codes {
  readonly table: Uint16Array;
  readonly mask: number;
}

/**
 * RFC 1951 §3.2.2. A set of codes uses every bit pattern; but a `sparse` one may be of a single code of one bit, or of none
 * (§3.2.7 says so of distances; zlib takes it of literals too, where the code is the end of the block).
 */
export function makeCodes(lengths: Uint8Array, sparse: boolean): Codes {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const nextCodes = new Uint16Array(17);
  let longest = 0;
  let patterns = 1; // bit patterns of the current length that begin no shorter code
  for (let length = 1; length <= 15; length++) {
    patterns = patterns * 2 - counts[length]!;
    if (patterns < 0) throw new InflateError("more codes of a length than there can be");
    nextCodes[length + 1] = (nextCodes[length]! + counts[length]!) << 1;
    if (counts[length]! > 0) longest = length;
  }
  if (patterns > 0 && !(sparse && longest <= 1)) throw new InflateError("a set of codes with holes");
  const size = 1 << longest;
  const table = new Uint16Array(size);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    // Codes are stored from their first bit on, in a stream whose bits come lowest first.
    let code = nextCodes[length]!++;
    let reversed = 0;
    for (let bit = 0; bit < length; bit++) {
      reversed = (reversed << 1) | (code & 1);
      code >>>= 1;
    }
    for (let index = reversed; index < size; index += 1 << length) table[index] = (symbol << 4) | length;
  }
  return { table, mask: size - 1 };
}

/** The codes of blocks that bring none, RFC 1951 §3.2.6. Made when first asked for. */
export function fixedCodes(): { readonly literals: Codes; readonly distances: Codes } {
  return (fixed ??= makeFixedCodes());
}
let fixed: { readonly literals: Codes; readonly distances: Codes } | undefined;

function makeFixedCodes(): { literals: Codes; distances: Codes } {
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  return { literals: makeCodes(lengths, false), distances: makeCodes(new Uint8Array(32).fill(5), false) };
}
