/** Frames for tests, built from the inside out: `ethernet({}, ipv4({ source: "203.0.113.7" }, udp({ destination: 53 })))`. */

export interface Layer {
  /** What the layer below calls this one: an EtherType for network layers, an IP protocol for transports. */
  readonly kind: number;
  readonly bytes: Uint8Array;
}

const EMPTY: Layer = { kind: 0, bytes: new Uint8Array() };

/** A whole frame, padded to 60 bytes as on the wire unless `pad` is false. */
export function ethernet(
  options: { source?: string; destination?: string; type?: number; pad?: boolean },
  payload: Layer = EMPTY,
): Uint8Array {
  const length = 14 + payload.bytes.length;
  const frame = new Uint8Array(options.pad === false ? length : Math.max(60, length));
  frame.set(mac(options.destination ?? "02:00:00:00:00:02"), 0);
  frame.set(mac(options.source ?? "02:00:00:00:00:01"), 6);
  new DataView(frame.buffer).setUint16(12, options.type ?? payload.kind);
  frame.set(payload.bytes, 14);
  return frame;
}

/** An 802.1Q tag. */
export function vlan(options: { id: number; type?: number }, payload: Layer = EMPTY): Layer {
  const header = new Uint8Array(4);
  const view = new DataView(header.buffer);
  view.setUint16(0, options.id);
  view.setUint16(2, options.type ?? payload.kind);
  return { kind: 0x8100, bytes: join(header, payload.bytes) };
}

export interface Ipv4Options {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly ttl?: number;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  /** A multiple of 4 bytes. */
  readonly headerOptions?: Uint8Array;
}

export function ipv4(options: Ipv4Options, payload: Layer = EMPTY): Layer {
  const extra = options.headerOptions ?? new Uint8Array();
  const header = new Uint8Array(20 + extra.length);
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x40 | (header.length / 4));
  view.setUint16(2, header.length + payload.bytes.length);
  view.setUint16(6, (options.moreFragments ? 0x2000 : 0) | (options.fragmentOffset ?? 0));
  view.setUint8(8, options.ttl ?? 64);
  view.setUint8(9, options.protocol ?? payload.kind);
  header.set(dotted(options.source ?? "192.0.2.1"), 12);
  header.set(dotted(options.destination ?? "192.0.2.2"), 16);
  header.set(extra, 20);
  view.setUint16(10, checksum(header));
  return { kind: 0x0800, bytes: join(header, payload.bytes) };
}

/** Addresses as 16 bytes; the default ones are 2001:db8::1 and ::2. */
export function ipv6(options: { source?: Uint8Array; destination?: Uint8Array; next?: number }, payload: Layer = EMPTY): Layer {
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, payload.bytes.length);
  view.setUint8(6, options.next ?? payload.kind);
  view.setUint8(7, 64);
  header.set(options.source ?? documentation(1), 8);
  header.set(options.destination ?? documentation(2), 24);
  return { kind: 0x86dd, bytes: join(header, payload.bytes) };
}

export function udp(options: { source?: number; destination?: number }, data: Uint8Array = new Uint8Array()): Layer {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  view.setUint16(0, options.source ?? 40_000);
  view.setUint16(2, options.destination ?? 53);
  view.setUint16(4, 8 + data.length);
  return { kind: 17, bytes: join(header, data) };
}

export function tcp(
  options: { source?: number; destination?: number; flags?: number },
  data: Uint8Array = new Uint8Array(),
): Layer {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint16(0, options.source ?? 40_000);
  view.setUint16(2, options.destination ?? 80);
  view.setUint8(12, 5 << 4);
  view.setUint8(13, options.flags ?? 0x02);
  view.setUint16(14, 65_535);
  return { kind: 6, bytes: join(header, data) };
}

export function icmp(options: { type?: number; code?: number }, data: Uint8Array = new Uint8Array()): Layer {
  const message = join(new Uint8Array([options.type ?? 8, options.code ?? 0, 0, 0, 0, 1, 0, 1]), data);
  new DataView(message.buffer).setUint16(2, checksum(message));
  return { kind: 1, bytes: message };
}

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  bytes.forEach((byte, at) => {
    sum += at % 2 === 0 ? byte << 8 : byte;
  });
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function documentation(last: number): Uint8Array {
  const address = new Uint8Array(16);
  address.set([0x20, 0x01, 0x0d, 0xb8]);
  address[15] = last;
  return address;
}

function dotted(text: string): number[] {
  return text.split(".").map(Number);
}

function mac(text: string): number[] {
  return text.split(":").map((part) => Number.parseInt(part, 16));
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
