/**
 * XDP through a routing message, for kernels without links (before 5.9). The interface holds the program: it is taken away when the link is
 * detached, and stays when the process is killed. linux/if_link.h.
 */

import { askRoute, attribute, nested, number } from "../route-messages.ts";
import { IFINFOMSG, IFLA, IFLA_XDP, RTM } from "../route-numbers.ts";
import type { Transport } from "../sys/transport.ts";

const XDP_FLAGS_UPDATE_IF_NOEXIST = 1;

/** An interface, and how it runs its program (`XDP_FLAGS_DRV_MODE`, `XDP_FLAGS_SKB_MODE`). */
export interface XdpPlace {
  readonly index: number;
  readonly mode: number;
}

/** Only if there is none. @returns below zero: an error number, negated. */
export const putXdp = (transport: Transport, place: XdpPlace, program: number): number =>
  set(transport, place, program, XDP_FLAGS_UPDATE_IF_NOEXIST);

/** In the place of the one that is there. */
export const replaceXdp = (transport: Transport, place: XdpPlace, program: number): number => set(transport, place, program, 0);

export const removeXdp = (transport: Transport, place: XdpPlace): number => set(transport, place, -1, 0);

function set(transport: Transport, { index, mode }: XdpPlace, program: number, flags: number): number {
  const header = new Uint8Array(IFINFOMSG);
  new DataView(header.buffer).setInt32(4, index, true);
  const parts = [attribute(IFLA_XDP.descriptor, number(program)), attribute(IFLA_XDP.flags, number(mode | flags))];
  return askRoute(transport, RTM.setlink, 0, [header, nested(IFLA.xdp, ...parts)]).error;
}
