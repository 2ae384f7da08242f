/** Where a program of one type sits so that every packet of a capture meets it. */

import type { Link, Program } from "../../engine.ts";
import type { EmbeddedEngine } from "../engine.ts";
import type { PacketMeta } from "../room/packet-host.ts";
import type { ReplayDevice } from "./replay.ts";

/** The control group of programs on its packets. */
const GROUP = "/replay";

export interface ReplayPlace {
  readonly device: ReplayDevice;
  readonly link: Link;
}

/**
 * Attaches a program to a new device of the engine, or to a control group: XDP, tc (also on what leaves), socket filters, cgroup_skb.
 * @param name of the device. @throws AttachError for types that see no packets, or that nothing here runs.
 */
export async function attachForReplay(engine: EmbeddedEngine, program: Program, name: string): Promise<ReplayPlace> {
  const device = engine.addDevice(name);
  const { type, attachType } = program.spec;
  if (type === "cgroup_skb") {
    const direction = attachType === "cgroup_inet_egress" ? "egress" : "ingress";
    const link = await program.attach({ cgroup: GROUP, direction });
    let last: Uint8Array = new Uint8Array(0);
    return {
      link,
      device: {
        receive(packet, meta: PacketMeta = {}) {
          // The device has no program: it moves the clock.
          device.receive(packet, meta);
          last = packet;
          return engine.groups.filter(GROUP, direction, packet) ? 1 : 0;
        },
        get packet() {
          return last;
        },
      },
    };
  }
  const link = await program.attach({ interface: name });
  if (attachType !== "tcx_egress") return { link, device };
  return {
    link,
    device: {
      receive: (packet, meta) => device.send(packet, meta),
      get packet() {
        return device.packet;
      },
    },
  };
}
