/** Ethernet, VLAN tags, ARP. */

import { address, bits, type FieldsOf, flag, number } from "./fields.ts";
import { type Layer, layer, type ParsedLayer, type Protocol, type Surroundings } from "./layer.ts";
import { byEtherType } from "./registry.ts";

const ETHERNET = { destination: address("mac", 0), source: address("mac", 6), type: number(12, 2) } as const;

const VLAN = { priority: bits(0, 3), dropEligible: flag(3), id: bits(4, 12), type: number(2, 2) } as const;

const ARP = {
  hardwareType: number(0, 2),
  protocolType: number(2, 2),
  hardwareLength: number(4, 1),
  protocolLength: number(5, 1),
  operation: number(6, 2),
  senderHardware: address("mac", 8),
  senderProtocol: address("ipv4", 14),
  targetHardware: address("mac", 18),
  targetProtocol: address("ipv4", 24),
} as const;

const typeOf = ({ inner }: Surroundings): number => inner?.protocol.etherType ?? 0;
const following = ({ fields }: ParsedLayer, _bytes: Uint8Array, end: number) => ({
  protocol: byEtherType(Number(fields["type"])),
  end,
});

export const ethernetProtocol: Protocol = {
  name: "ethernet",
  table: ETHERNET,
  size: 14,
  /** Transparent Ethernet bridging: in GRE. */
  etherType: 0x6558,
  complete: (_layer, where) => ({ destination: "02:00:00:00:00:02", source: "02:00:00:00:00:01", type: typeOf(where) }),
  next: following,
};

export const vlanProtocol: Protocol = {
  name: "vlan",
  table: VLAN,
  size: 4,
  etherType: 0x8100,
  complete: (_layer, where) => ({ type: typeOf(where) }),
  next: following,
};

/** The tag of a provider, around a customer's. */
export const serviceVlanProtocol: Protocol = { ...vlanProtocol, etherType: 0x88a8 };

export const arpProtocol: Protocol = {
  name: "arp",
  table: ARP,
  size: 28,
  etherType: 0x0806,
  complete: () => ({
    hardwareType: 1,
    protocolType: 0x0800,
    hardwareLength: 6,
    protocolLength: 4,
    operation: 1,
    senderHardware: "02:00:00:00:00:01",
    senderProtocol: "192.0.2.1",
    targetProtocol: "192.0.2.2",
  }),
};

/** IEEE 802.3. `type` follows from what is inside. */
export const ethernet = (fields: FieldsOf<typeof ETHERNET> = {}): Layer => layer(ethernetProtocol, fields);

/** IEEE 802.1Q. With `service`, the outer one of two (802.1ad). */
export function vlan({ service = false, ...fields }: FieldsOf<typeof VLAN> & { readonly service?: boolean } = {}): Layer {
  return layer(service ? serviceVlanProtocol : vlanProtocol, fields);
}

/** RFC 826, for IPv4 over Ethernet: a request (operation 1) unless it says otherwise. */
export const arp = (fields: FieldsOf<typeof ARP> = {}): Layer => layer(arpProtocol, fields);
