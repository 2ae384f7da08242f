/** The internet checksum over packets in big-endian words (RFC 1071), for those who make packets. */

/** Sum of 16-bit words; of at most some gigabytes, so that it stays a safe integer. A last byte alone is the upper half of a word. */
export function sumOf(view: DataView, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += view.getUint16(at);
  return at < to ? sum + view.getUint8(at) * 256 : sum;
}

/** Folded to 16 bits, and complemented: what goes into the packet. */
export function complement(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 65_536);
  return ~folded & 0xffff;
}
