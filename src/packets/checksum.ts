/** RFC 1071: the one's complement of the one's complement sum of 16-bit words. */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += (part[at]! << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** What stands before a transport header in its sum: addresses, protocol, length (RFC 9293 §3.1, RFC 8200 §8.1). Always of even length. */
export function pseudoHeader(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): Uint8Array {
  const bytes = new Uint8Array(source.length * 2 + 8);
  bytes.set(source);
  bytes.set(destination, source.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(source.length * 2, length);
  view.setUint32(source.length * 2 + 4, protocol);
  return bytes;
}
