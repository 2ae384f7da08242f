/** Which protocol a number means. Filled by `packet.ts`, which knows them all: protocols refer to each other in circles. */

import type { Protocol } from "./layer.ts";

const BY_ETHER_TYPE = new Map<number, Protocol>();
const BY_IP_PROTOCOL = new Map<number, Protocol>();
const BY_PORT = new Map<number, Protocol>();

export const byEtherType = (type: number): Protocol | null => BY_ETHER_TYPE.get(type) ?? null;
export const byIpProtocol = (protocol: number): Protocol | null => BY_IP_PROTOCOL.get(protocol) ?? null;
/** What UDP carries to or from a port. */
export const byPort = (port: number): Protocol | null => BY_PORT.get(port) ?? null;

export function register(protocols: readonly Protocol[], ports: Readonly<Record<number, Protocol>>): void {
  for (const protocol of protocols) {
    if (protocol.etherType !== undefined) BY_ETHER_TYPE.set(protocol.etherType, protocol);
    if (protocol.ipProtocol !== undefined) BY_IP_PROTOCOL.set(protocol.ipProtocol, protocol);
  }
  for (const [port, protocol] of Object.entries(ports)) BY_PORT.set(Number(port), protocol);
}
