/**
 * What a lender sends to a borrower: packets of JSON, each with as many descriptors as it lists things, the last one marked. The borrower
 * sends nothing: the privileged side reads no byte of anybody.
 */

import { LendError } from "../../errors.ts";

/** One thing that a descriptor stands for. */
export type Lent =
  /** The object file of what was loaded, as memory that nobody can change. */
  | { readonly kind: "object" | "program"; readonly name: string }
  /** `record`: what a ring's records are, which no object file says; a type of the object, and its name, so that both mean the same. */
  | { readonly kind: "map"; readonly name: string; readonly record?: { readonly type: number; readonly name: string } }
  | { readonly kind: "link"; readonly name: string; readonly description: string; readonly fixed: boolean };

export interface Packet {
  readonly lent: readonly Lent[];
  /** Nothing follows. */
  readonly end: boolean;
}

/** Bytes of a packet: less than what any kernel takes at once. */
export const LONGEST_PACKET = 65_536;
/** Descriptors of a packet: below the kernel's limit. */
export const MOST_IN_PACKET = 200;
/** Of one lender in all. */
export const MOST_LENT = 10_000;
/** Of the object file. */
export const LONGEST_OBJECT = 256 * 2 ** 20;

const VERSION = 1;
/** Of a name or a description. */
const LONGEST_TEXT = 1024;

/** Things with their descriptors, in packets that are short enough. @throws LendError for what is longer than a borrower takes. */
export function packetsOf(
  things: readonly { readonly lent: Lent; readonly fd: number }[],
): readonly { readonly bytes: Uint8Array; readonly fds: readonly number[] }[] {
  if (things.length > MOST_LENT) throw new LendError(`${things.length} things are more than are lent at once (${MOST_LENT})`);
  const packets: { bytes: Uint8Array; fds: readonly number[] }[] = [];
  for (let at = 0; at === 0 || at < things.length; ) {
    let some = things.slice(at, at + MOST_IN_PACKET);
    let bytes = encode(some, at + some.length >= things.length);
    while (bytes.length > LONGEST_PACKET && some.length > 1) {
      some = some.slice(0, some.length >> 1);
      bytes = encode(some, at + some.length >= things.length);
    }
    if (bytes.length > LONGEST_PACKET) throw new LendError("a name is too long to be lent");
    packets.push({ bytes, fds: some.map(({ fd }) => fd) });
    at += Math.max(some.length, 1);
  }
  return packets;
}

function encode(things: readonly { readonly lent: Lent }[], end: boolean): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ skep: VERSION, lent: things.map(({ lent }) => lent), end }));
}

/** A packet as it came: nothing of it is believed. @throws LendError */
export function readPacket(bytes: Uint8Array, descriptors: number): Packet {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new LendError("what came is no packet of a lender's", { cause });
  }
  if (!isRecord(value)) throw new LendError("what came is no packet of a lender's");
  if (value["skep"] !== VERSION)
    throw new LendError(`the lender speaks version ${String(value["skep"])} of what this Skep speaks in version ${VERSION}`);
  if (typeof value["refused"] === "string") throw new LendError(value["refused"].slice(0, LONGEST_TEXT));
  const { lent, end } = value;
  if (!Array.isArray(lent) || typeof end !== "boolean") throw new LendError("what came is no packet of a lender's");
  if (lent.length !== descriptors) throw new LendError(`expected ${lent.length} descriptors with a packet, found ${descriptors}`);
  return { lent: lent.map(readLent), end };
}

/** Why nobody is lent anything. */
export function refusal(reason: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ skep: VERSION, refused: reason }));
}

function readLent(value: unknown): Lent {
  if (!isRecord(value)) throw new LendError("expected a thing that is lent");
  const { kind, name, description, fixed } = value;
  if (!isText(name)) throw new LendError("expected the name of what is lent");
  if (kind === "object" || kind === "program") return { kind, name };
  if (kind === "map") return { kind, name, ...readRecord(value["record"]) };
  if (kind === "link" && isText(description) && typeof fixed === "boolean") return { kind, name, description, fixed };
  throw new LendError(`expected a map, a program or a link, found ${JSON.stringify(kind)?.slice(0, 40)}`);
}

function readRecord(value: unknown): { readonly record?: { readonly type: number; readonly name: string } } {
  if (value === undefined) return {};
  if (!isRecord(value)) throw new LendError("expected the type of a ring's records");
  const { type, name } = value;
  if (typeof type === "number" && Number.isInteger(type) && type > 0 && isText(name)) return { record: { type, name } };
  throw new LendError("expected the type of a ring's records");
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= LONGEST_TEXT;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
