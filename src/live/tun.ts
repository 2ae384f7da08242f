/**
 * A network interface of our own (TUN/TAP): what the machine routes into it comes to the programs, and only to them; what they send
 * comes out of it, into the machine's network stack. It is gone with the process.
 *
 * Programs decide: XDP_PASS gives a packet to whoever listens (`device.onDeliver`), nobody when nobody does; XDP_TX sends it back into
 * the machine, a redirect out of another device.
 */

import type { EmbeddedEngine } from "../engine/embedded/engine.ts";
import { type LiveDevice, openFailure, openLive } from "./device.ts";
import { poller } from "./poller.ts";

export interface TunDeviceOptions {
  /** At most 15 bytes; `%d` in it is replaced by a number that is free. Default `skep%d`. */
  readonly name?: string;
  /**
   * `ip` (TUN): packets without Ethernet; programs see a made-up header. `ethernet` (TAP): frames, and the machine asks by ARP who is
   * there. Default `ip`.
   */
  readonly frames?: "ip" | "ethernet";
  /** Of the device in the room; the interface's own is 1500, and `ip link` changes it. Default 1500. */
  readonly mtu?: number;
}

/**
 * The interface has no address and is down: `ip addr add 192.0.2.1/24 dev skep0`, `ip link set skep0 up`.
 * @throws AttachError when this process may not (CAP_NET_ADMIN), or there is a device of that name; FeatureError where there is no
 *   TUN.
 */
export async function openTunDevice(
  engine: EmbeddedEngine,
  { name = "skep%d", frames = "ip", mtu = 1500 }: TunDeviceOptions = {},
): Promise<LiveDevice> {
  const polling = await poller();
  const ethernet = frames === "ethernet";
  const what = `a ${ethernet ? "TAP" : "TUN"} device ${name}`;
  // The name is known when the interface is, and the device when its buffer is: into one of ours first.
  const probe = polling.io.openTunnel(name, ethernet, new Uint8Array(1), new Uint8Array(1));
  if (typeof probe === "number") throw openFailure(what, -probe, "CAP_NET_ADMIN");
  probe.channel.close();
  const real = probe.name;
  return openLive(engine, polling, { name: real, mtu }, { ethernet }, (into, from) => {
    const tunnel = polling.io.openTunnel(real, ethernet, into, from);
    if (typeof tunnel === "number") throw openFailure(what, -tunnel, "CAP_NET_ADMIN");
    return tunnel.channel;
  });
}
