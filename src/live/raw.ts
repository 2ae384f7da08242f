/**
 * An interface of this machine through a packet socket: programs see copies of what comes in, and what they send goes out there.
 *
 * A packet socket observes. Whatever a program says, the machine's own network stack gets the packet, too: XDP_PASS and XDP_DROP are
 * counted and nothing else; XDP_TX, redirects and `device.send` do send.
 */

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { EmbeddedEngine } from "../engine/embedded/engine.ts";
import { AttachError } from "../engine/errors.ts";
import { type LiveDevice, openFailure, openLive } from "./device.ts";
import { poller } from "./poller.ts";

export interface RawDeviceOptions {
  /** Also packets that are for other machines. Default false. */
  readonly promiscuous?: boolean;
}

/**
 * The device gets the interface's name, number, hardware address, MTU and addresses. Packets go to CPU 0, received in place, with the
 * VLAN tag and the checksum that the machine keeps beside them.
 * @throws AttachError when there is no such interface, when this process may not (CAP_NET_RAW), or when the room has a device of that
 *   name or number; FeatureError where there are no packet sockets.
 */
export async function openRawDevice(
  engine: EmbeddedEngine,
  name: string,
  { promiscuous = false }: RawDeviceOptions = {},
): Promise<LiveDevice> {
  const polling = await poller();
  const ifindex = polling.io.interfaceIndex(name);
  if (ifindex === 0) throw new AttachError(`there is no network interface ${JSON.stringify(name)}`);
  const mtu = Number(fact(name, "mtu") ?? 1500);
  const mac = fact(name, "address");
  const addresses = (networkInterfaces()[name] ?? []).flatMap(({ cidr }) => (cidr === null ? [] : [cidr]));
  const description = {
    name,
    ifindex,
    mtu: Number.isInteger(mtu) ? Math.min(mtu, 65_536) : 1500,
    addresses,
    ...(mac === null || !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) ? {} : { mac }),
  };
  return openLive(engine, polling, description, { ethernet: true }, (into, from) => {
    const channel = polling.io.openSocket(ifindex, promiscuous, into, from);
    if (typeof channel === "number") throw openFailure(`a packet socket on ${name}`, -channel, "CAP_NET_RAW");
    return channel;
  });
}

/** What sysfs says of an interface; null where it says nothing. */
function fact(name: string, what: string): string | null {
  if (name.includes("/")) return null;
  try {
    return readFileSync(`/sys/class/net/${name}/${what}`, "utf8").trim();
  } catch {
    return null;
  }
}
