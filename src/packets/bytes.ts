/** Bytes as tests write them. */

import { PacketError } from "./errors.ts";

/** Text stands for its UTF-8. */
export type Data = Uint8Array | readonly number[] | string;

export function bytesOf(data: Data, path: string): Uint8Array {
  if (typeof data === "string") return new TextEncoder().encode(data);
  if (data instanceof Uint8Array) return data;
  if (data.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255))
    throw new PacketError(path, "bytes from 0 to 255", data);
  return Uint8Array.from(data);
}

/** `hex("de ad be ef")`; white space, `:` and `-` do not count. @throws PacketError */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:-]/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) throw new PacketError("hex", "pairs of hexadecimal digits", text);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
