/** Transport checksums that a packet left its sender without, because no hardware had to check them (CHECKSUM_PARTIAL). */

import { complement, sumOf } from "../engine/embedded/host/internet-checksum.ts";

const ETHERNET = 14;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN = [0x8100, 0x88a8];
const TCP = 6;
const UDP = 17;
/** Where each has its checksum. */
const CHECKSUM_AT: Readonly<Record<number, number>> = { [TCP]: 16, [UDP]: 6 };

/** Fills in the checksum of a TCP or UDP packet, in place; leaves everything else as it is, fragments and IPv6 extensions too. */
export function completeChecksum(packet: Uint8Array): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  let at = ETHERNET;
  if (packet.length < at + 20) return;
  let type = view.getUint16(12);
  for (; VLAN.includes(type) && packet.length >= at + 24; at += 4) type = view.getUint16(at + 2);
  let transport: number;
  let end: number;
  let protocol: number;
  let addresses: readonly [from: number, to: number];
  if (type === IPV4) {
    if ((view.getUint16(at + 6) & 0x3fff) !== 0) return;
    transport = at + (packet[at]! & 15) * 4;
    end = at + view.getUint16(at + 2);
    protocol = packet[at + 9]!;
    addresses = [at + 12, at + 20];
  } else if (type === IPV6 && packet.length >= at + 40) {
    transport = at + 40;
    end = transport + view.getUint16(at + 4);
    protocol = packet[at + 6]!;
    addresses = [at + 8, at + 40];
  } else return;
  const field = CHECKSUM_AT[protocol];
  if (field === undefined || end > packet.length || transport + field + 2 > end) return;
  view.setUint16(transport + field, 0);
  const length = end - transport;
  const checksum = complement(protocol + length + sumOf(view, ...addresses) + sumOf(view, transport, end));
  // UDP's 0 means that there is none.
  view.setUint16(transport + field, checksum === 0 && protocol === UDP ? 0xffff : checksum);
}
