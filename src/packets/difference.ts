/** What differs between two packets, layer by layer: `ipv4.ttl: expected 63, found 64`. */

import type { ParsedLayer } from "./layer.ts";
import { layersOf } from "./packet.ts";

/** A line a difference; none when the packets are the same. */
export function packetDifference(expected: Uint8Array, found: Uint8Array): readonly string[] {
  if (same(expected, found)) return [];
  const [wanted, there] = [layersOf(expected), layersOf(found)];
  const lines: string[] = [];
  const names = (layers: readonly ParsedLayer[]) => layers.map(({ name }) => name).join(" / ") || "nothing";
  if (names(wanted) !== names(there)) lines.push(`layers: expected ${names(wanted)}, found ${names(there)}`);
  for (let index = 0; index < Math.min(wanted.length, there.length); index++) {
    const [one, other] = [wanted[index]!, there[index]!];
    if (one.name !== other.name) break;
    const called = calledIn(wanted, index);
    for (const [field, value] of Object.entries(one.fields)) {
      const now = other.fields[field];
      if (now !== value) lines.push(`${called}.${field}: expected ${value}, found ${now ?? "none"}`);
    }
    for (const field of Object.keys(other.fields)) {
      if (!Object.hasOwn(one.fields, field)) lines.push(`${called}.${field}: expected none, found ${other.fields[field]}`);
    }
    if (!same(one.data, other.data)) lines.push(...bytesDifference(called, one.data, other.data));
  }
  if (lines.length > 0) return lines;
  // The same to all that is parsed: bits that no field has.
  const at = expected.findIndex((byte, place) => byte !== found[place]);
  if (at >= 0 && at < found.length) return [`byte ${at}: expected ${hexOf(expected[at])}, found ${hexOf(found[at])}`];
  return [`length: expected ${expected.length} bytes, found ${found.length}`];
}

/** `ipv4`, or of several `ipv4[1]`. */
function calledIn(layers: readonly ParsedLayer[], index: number): string {
  const { name } = layers[index]!;
  const alike = layers.filter((layer) => layer.name === name);
  return alike.length === 1 ? name : `${name}[${alike.indexOf(layers[index]!)}]`;
}

function bytesDifference(name: string, expected: Uint8Array, found: Uint8Array): string[] {
  const what = name === "payload" || name === "padding" ? name : `${name} options`;
  if (expected.length !== found.length) {
    return [`${what}: expected ${expected.length} bytes (${shown(expected)}), found ${found.length} (${shown(found)})`];
  }
  const at = expected.findIndex((byte, place) => byte !== found[place]);
  return [`${what} byte ${at}: expected ${hexOf(expected[at])}, found ${hexOf(found[at])}`];
}

const hexOf = (byte: number | undefined): string => (byte === undefined ? "nothing" : `0x${byte.toString(16).padStart(2, "0")}`);

function shown(bytes: Uint8Array): string {
  const digits = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > 16 ? `${digits} …` : digits;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** A packet for people: one line a layer, the fields that are not zero. */
export function describePacket(bytes: Uint8Array): string {
  const lines = layersOf(bytes).map(({ name, fields, data }) => {
    const told = Object.entries(fields)
      .filter(([, value]) => value !== 0 && value !== false)
      .map(([field, value]) => (value === true ? field : `${field} ${value}`));
    if (name === "payload" || name === "padding") told.push(`${data.length} bytes: ${shown(data)}`);
    return `${name}: ${told.join(", ")}`;
  });
  return [`${bytes.length} bytes`, ...lines].join("\n");
}
