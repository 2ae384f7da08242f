/** The packet's layers with what the program has read and written of them, and memory as hexadecimal. */

import { printable } from "../../compiler/typescript/excerpt.ts";
import type { PacketLayer } from "../../engine/embedded/debug/layers.ts";
import type { DebugSession } from "../../engine/embedded/debug/session.ts";
import type { Style } from "../terminal.ts";
import { counted } from "../terminal.ts";
import { type Answer, CommandError } from "./answer.ts";

/** `.` untouched, `r` read, `w` written, `b` both. */
function touches(session: DebugSession, offset: number, size: number): string {
  return Array.from({ length: size }, (_, at) => {
    const { read, written } = session.touched(offset + at);
    return read && written ? "b" : read ? "r" : written ? "w" : ".";
  }).join("");
}

export function showPacket(session: DebugSession, packet: number): Answer {
  const { layers } = session;
  const { length } = session.packet;
  if (length === 0) throw new CommandError(`${session.program.name} is a ${session.program.spec.type} program: it has no packet`);
  const marks = touches(session, 0, length);
  return {
    json: {
      type: "packet",
      ...(packet === 0 ? {} : { packet }),
      length,
      layers: layers.map((layer) => ({
        ...layer,
        fields: layer.fields.map((field) => ({ ...field, touched: touches(session, field.offset, field.size) })),
      })),
      read: stretches(marks, /[rb]+/g),
      written: stretches(marks, /[wb]+/g),
    },
    lines: (style) => [
      `${style.bold(packet === 0 ? "packet" : `packet ${packet}`)} ${style.dim(`${length} bytes; r: read, w: written, b: both so far`)}`,
      ...layers.flatMap((layer) => layerLines(layer, session, style)),
    ],
  };
}

function layerLines(layer: PacketLayer, session: DebugSession, style: Style): string[] {
  const { title, offset, size, fields, note } = layer;
  const width = Math.max(0, ...fields.map(({ name }) => name.length));
  const head = `${style.cyan(title)} ${style.dim(`at ${offset}, ${counted(size, "byte")}${note === undefined ? "" : `, ${note}`}`)}`;
  if (fields.length === 0) {
    const marks = touches(session, offset, size);
    const used = /[rwb]/.test(marks) ? ` ${style.yellow(describe(marks, offset))}` : "";
    return [`  ${head}${used}`];
  }
  const rows = fields.map(({ name, offset, size, value, meaning }) => {
    const marks = touches(session, offset, size);
    const mark = marks.includes("b")
      ? "b"
      : marks.includes("w")
        ? marks.includes("r")
          ? "b"
          : "w"
        : marks.includes("r")
          ? "r"
          : " ";
    const text = typeof value === "bigint" ? value.toString() : printable(String(value));
    const line = `${String(offset).padStart(5)} ${mark} ${name.padEnd(width)}  ${text}${meaning ? ` ${style.dim(`(${meaning})`)}` : ""}`;
    return mark === " " ? line : style.bold(line);
  });
  return [`  ${head}`, ...rows.map((row) => `  ${row}`)];
}

function describe(marks: string, base: number): string {
  const read = stretches(marks, /[rb]+/g).map(([from, to]) => `${from! + base}-${to! + base}`);
  const written = stretches(marks, /[wb]+/g).map(([from, to]) => `${from! + base}-${to! + base}`);
  return [
    ...(read.length > 0 ? [`read ${read.join(", ")}`] : []),
    ...(written.length > 0 ? [`written ${written.join(", ")}`] : []),
  ].join("; ");
}

/** First and last offset of each stretch. */
function stretches(marks: string, pattern: RegExp): readonly (readonly [number, number])[] {
  return [...marks.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length - 1]);
}

const WIDTH = 16;

export function showBytes(session: DebugSession, address: bigint, size: number): Answer {
  const bytes = session.bytes(address, size).slice();
  return {
    json: { type: "memory", address: `0x${address.toString(16)}`, place: session.describe(address), bytes },
    lines(style) {
      const rows: string[] = [];
      for (let at = 0; at < bytes.length; at += WIDTH) {
        const row = bytes.subarray(at, at + WIDTH);
        const digits = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
        const text = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
        const where = session.describe(address + BigInt(at)) ?? "";
        rows.push(
          `  ${style.dim(`0x${(address + BigInt(at)).toString(16)}`)}  ${digits.padEnd(WIDTH * 3 - 1)}  ${text.padEnd(WIDTH)}  ${style.dim(where)}`.trimEnd(),
        );
      }
      return rows;
    },
  };
}
