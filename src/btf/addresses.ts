/**
 * Text of network addresses. An address in memory is bytes in the order of the wire; IPv4 addresses also travel as one
 * u32, read as a little-endian machine reads these bytes (`struct iphdr.saddr` in a register of x86-64 or arm64).
 */

/** Parses dotted text, exactly four decimal numbers: `192.0.2.1`. Null when it is none. */
export function parseIpv4(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4);
  let at = 0;
  for (let index = 0; index < 4; index++) {
    if (index > 0 && text.charCodeAt(at++) !== DOT) return null;
    const start = at;
    let value = 0;
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9 && at - start < 3; digit = text.charCodeAt(at) - ZERO) {
      value = value * 10 + digit;
      at++;
    }
    // `010` is 8 to some programs and 10 to others (RFC 6943 §3.1.1), so it is neither here.
    if (at === start || value > 255 || (at - start > 1 && text.charCodeAt(start) === ZERO)) return null;
    bytes[index] = value;
  }
  return at === text.length ? bytes : null;
}

const DOT = 0x2e;
const ZERO = 0x30;

/**
 * The number that a program finds in a register after reading the address from a packet: `ipv4("203.0.113.0")` is
 * 0x007100cb.
 * @throws RangeError when the text is no IPv4 address.
 */
export function ipv4(text: string): number {
  const bytes = parseIpv4(text);
  if (bytes === null) throw new RangeError(`expected an IPv4 address like "192.0.2.1", found ${JSON.stringify(text)}`);
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
}

/** The text of an address as `ipv4` gives it. */
export function formatIpv4(address: number): string {
  return `${address & 0xff}.${(address >>> 8) & 0xff}.${(address >>> 16) & 0xff}.${address >>> 24}`;
}

/** The text of the four bytes at an offset. */
export function formatIpv4Bytes(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** Parses every form of RFC 4291 §2.2: `2001:db8::1`, `::ffff:192.0.2.1`; no zone. Null when it is none. */
export function parseIpv6(text: string): Uint8Array | null {
  let rest = text;
  let tail: Uint8Array | null = null;
  if (rest.includes(".")) {
    const cut = rest.lastIndexOf(":") + 1;
    tail = parseIpv4(rest.slice(cut));
    if (tail === null || cut === 0) return null;
    // In the place of two groups, so that the count below holds.
    rest = `${rest.slice(0, cut)}0:0`;
  }
  const halves = rest.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const given = groups.reduce((count, half) => count + half.length, 0);
  // `::` stands for at least one group.
  if (halves.length === 2 ? given > 7 : given !== 8) return null;
  const all = halves.length === 2 ? [...groups[0]!, ...Array<string>(8 - given).fill("0"), ...groups[1]!] : groups[0]!;
  const bytes = new Uint8Array(16);
  for (let index = 0; index < 8; index++) {
    const group = all[index]!;
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
    const value = Number.parseInt(group, 16);
    bytes[index * 2] = value >>> 8;
    bytes[index * 2 + 1] = value & 0xff;
  }
  if (tail !== null) bytes.set(tail, 12);
  return bytes;
}

/**
 * The sixteen bytes of an address, as it lies in a packet.
 * @throws RangeError when the text is no IPv6 address.
 */
export function ipv6(text: string): Uint8Array {
  const bytes = parseIpv6(text);
  if (bytes === null) throw new RangeError(`expected an IPv6 address like "2001:db8::1", found ${JSON.stringify(text)}`);
  return bytes;
}

/** The one text that RFC 5952 recommends: lower case, the longest run of zeros as `::`, an IPv4-mapped address dotted. */
export function formatIpv6(bytes: Uint8Array, offset = 0): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push((bytes[offset + index]! << 8) | bytes[offset + index + 1]!);
  // RFC 5952 §5: the well-known prefix ::ffff:0:0/96 shows its IPv4 address.
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${formatIpv4Bytes(bytes, offset + 12)}`;
  }
  // §4.2: the longest run, the first of equal ones, never a single group.
  let start = -1;
  let length = 1;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && groups[end] === 0) end++;
    if (end - index > length) {
      start = index;
      length = end - index;
    }
    if (end > index) index = end;
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** Parses `aa:bb:cc:dd:ee:ff`, with `:` or `-` between. Null when it is no such text. */
export function parseMac(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}$/i.test(text)) return null;
  return Uint8Array.from(text.split(/[:-]/), (part) => Number.parseInt(part, 16));
}

/**
 * The six bytes of a hardware address.
 * @throws RangeError when the text is none.
 */
export function mac(text: string): Uint8Array {
  const bytes = parseMac(text);
  if (bytes === null) throw new RangeError(`expected a hardware address like "02:00:5e:10:00:01", found ${JSON.stringify(text)}`);
  return bytes;
}

/** Lower case, with colons. */
export function formatMac(bytes: Uint8Array, offset = 0): string {
  let text = "";
  for (let index = 0; index < 6; index++)
    text += `${index === 0 ? "" : ":"}${bytes[offset + index]!.toString(16).padStart(2, "0")}`;
  return text;
}
