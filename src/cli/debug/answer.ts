/** What a command of the debugger gives back: data for machines, and lines for people. */

import { EXIT } from "../exit.ts";
import type { Style } from "../terminal.ts";

export interface Answer {
  /** One JSON object; `type` says which kind of answer it is. */
  readonly json: { readonly type: string } & Readonly<Record<string, unknown>>;
  lines(style: Style): readonly string[];
}

/** A command that cannot be carried out as it was given: one line that says what was expected. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly status = EXIT.usage;
}

/** 64 bits for machines. */
export const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** 64 bits for people: hexadecimal, and decimal where that says more; negative numbers of 64 and 32 bits. */
export function numberText(value: bigint): string {
  if (value < 10n) return value.toString();
  const signed = value >= 1n << 63n ? value - (1n << 64n) : value;
  return `${hex(value)} (${signed})`;
}

export const bytesText = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
