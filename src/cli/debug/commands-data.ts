/** `print`, `x`, `packet`, `map`, and what `info` says of maps and the context. */

import { printable } from "../../compiler/typescript/excerpt.ts";
import type { Value } from "../../engine/embedded/debug/expression.ts";
import { jsonText } from "../../engine/embedded/debug/places.ts";
import type { DebugSession } from "../../engine/embedded/debug/session.ts";
import { nearest } from "../../nearest.ts";
import { count, counted } from "../terminal.ts";
import { type Answer, bytesText, CommandError, hex } from "./answer.ts";
import { type DebugCommand, whole } from "./command.ts";
import type { Debugger } from "./debugger.ts";
import { mapData, mapLines, mapSize } from "./show-map.ts";
import { showBytes, showPacket } from "./show-packet.ts";
import { valueText } from "./show-stop.ts";

export const exprCommand: DebugCommand = {
  names: ["print", "p"],
  takes: "EXPRESSION",
  help: "a value: r2, drops[10.0.0.1], a global, ip.ttl, packet, ctx.data, *(u32 *)(r10 - 8), arithmetic on them",
  run(debug, rest) {
    if (rest === "") throw new CommandError("print takes an expression, e.g. r2, ip.ttl, *(u32 *)(r10 - 8)");
    if (rest === "packet") return showPacket(debug.session, debug.target.packet);
    const value = debug.session.evaluate(rest);
    return {
      json: { type: "value", expression: rest, value: typeof value === "bigint" ? hex(value) : (value ?? null) },
      lines: () => [`${rest} = ${text(value, debug.session)}`],
    };
  },
};

function text(value: Value, session: DebugSession): string {
  if (value === undefined) return "not there";
  if (typeof value === "bigint") return valueText(value, session);
  if (value instanceof Uint8Array) return bytesText(value);
  return printable(jsonText(value));
}

/** Bytes that `x` shows, when it is not said how many, and at most. */
const SOME = 64;
const MOST = 65_536;

export const memoryCommand: DebugCommand = {
  names: ["x", "examine"],
  takes: "ADDRESS [LENGTH]",
  help: "memory as hexadecimal: x r10 - 16 16, x ctx.data 64",
  run({ session }, rest) {
    // `r10 - 16` is an address: what stands before a length is one by itself.
    const match = /^(.*[^\s\-+*/%&|^<>(,[])\s+(\d+)$/.exec(rest);
    const [address, length] = match === null ? [rest, String(SOME)] : [match[1]!, match[2]!];
    if (address === "") throw new CommandError("x takes an address and a length, e.g. x r10 - 16 16");
    const value = session.evaluate(address);
    if (typeof value !== "bigint") throw new CommandError(`expected an address, but ${address} is none (r1, ctx.data, r10 - 16)`);
    const size = whole(length, "a length in bytes");
    if (size > MOST) throw new CommandError(`x shows ${count(MOST)} bytes at most, found ${length}`);
    return showBytes(session, value, match === null ? roomAt(session, value, size) : size);
  },
};

/** Without a length: as far as there is something. */
function roomAt(session: DebugSession, address: bigint, most: number): number {
  for (let size = most; size > 1; size--) {
    try {
      session.bytes(address, size);
      return size;
    } catch {
      // Shorter.
    }
  }
  return 1;
}

export const packetCommand: DebugCommand = {
  names: ["packet", "pk"],
  takes: "[N]",
  help: "layers of the packet and what the program touched of them; with N: to that packet of the capture",
  run(debug, rest) {
    if (rest === "") return showPacket(debug.session, debug.target.packet);
    return goToPacket(debug, whole(rest, "the number of a packet"));
  },
};

export async function goToPacket(debug: Debugger, packet: number): Promise<Answer> {
  await debug.target.go(packet);
  return debug.began();
}

export const mapCommand: DebugCommand = {
  names: ["map", "m"],
  takes: "NAME",
  help: "entries of a map",
  run({ session }, rest) {
    const map = Object.hasOwn(session.maps, rest) ? session.maps[rest] : undefined;
    if (map !== undefined) {
      return { json: { type: "map", name: rest, map: mapData(map) }, lines: (style) => mapLines(map, style) };
    }
    const names = Object.keys(session.maps);
    const near = nearest(rest, names);
    const found = rest === "" ? "map takes the name of a map" : `there is no map ${rest}`;
    throw new CommandError(`${found}${near === null ? "" : `; did you mean ${near}?`} (there are ${names.join(", ") || "none"})`);
  },
};

export function mapsAnswer({ session }: Debugger): Answer {
  const maps = Object.values(session.maps);
  const rows = maps.map((map) => ({
    name: map.name,
    kind: map.spec.type,
    entries: mapSize(map),
    maxEntries: map.spec.maxEntries,
  }));
  return {
    json: { type: "maps", maps: rows },
    lines: (style) =>
      rows.length === 0
        ? [style.dim("the program has no maps")]
        : rows.map(({ name, kind, entries, maxEntries }) => {
            const total = counted(maxEntries, "entry", "entries");
            const filled = entries === null ? total : `${count(entries)} of ${total}`;
            return `${name} ${style.dim(`${kind}, ${filled}`)}`;
          }),
  };
}

/** Bytes of a context in a row. */
const ROW = 16;

export function contextAnswer({ session }: Debugger): Answer {
  const value = session.evaluate("ctx");
  return {
    json: { type: "context", context: value },
    lines() {
      if (value instanceof Uint8Array) {
        const rows = Math.ceil(value.length / ROW);
        return Array.from({ length: rows }, (_, row) => {
          return `  ${`ctx+${row * ROW}`.padEnd(8)}  ${bytesText(value.subarray(row * ROW, (row + 1) * ROW))}`;
        });
      }
      return Object.entries(value ?? {}).map(([name, field]) => {
        return `  ${name} = ${typeof field === "bigint" ? valueText(field, session) : printable(jsonText(field))}`;
      });
    },
  };
}
