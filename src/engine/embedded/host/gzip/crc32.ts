/** The CRC-32 of gzip (RFC 1952 §8), four bytes at a step ("slicing-by-4", Kounavis and Berry, 2005). */

const TABLES = new Uint32Array(4 * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  TABLES[byte] = value;
}
for (let index = 256; index < TABLES.length; index++) {
  const previous = TABLES[index - 256]!;
  TABLES[index] = (previous >>> 8) ^ TABLES[previous & 255]!;
}

/** Continues `crc` (0 at the beginning) over `bytes`; the result is a u32. */
export function crc32(crc: number, bytes: Uint8Array): number {
  let value = ~crc;
  let at = 0;
  for (const whole = bytes.length - 3; at < whole; at += 4) {
    value ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    value =
      TABLES[768 + (value & 255)]! ^
      TABLES[512 + ((value >>> 8) & 255)]! ^
      TABLES[256 + ((value >>> 16) & 255)]! ^
      TABLES[value >>> 24]!;
  }
  for (; at < bytes.length; at++) value = (value >>> 8) ^ TABLES[(value ^ bytes[at]!) & 255]!;
  return ~value >>> 0;
}
