/** Instructions of the other byte order. */

/** Turns little-endian instructions into big-endian ones, or back: halves of the registers' byte, offset, immediate (RFC 9669 §3). */
export function byteSwapCode(code: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(code);
  const view = new DataView(swapped.buffer);
  for (let at = 0; at < swapped.length; at += 8) {
    const registers = swapped[at + 1]!;
    swapped[at + 1] = ((registers & 0x0f) << 4) | (registers >>> 4);
    view.setUint16(at + 2, view.getUint16(at + 2, true), false);
    view.setUint32(at + 4, view.getUint32(at + 4, true), false);
  }
  return swapped;
}
