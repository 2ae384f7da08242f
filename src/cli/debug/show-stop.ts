/** Where a run stopped, why, and what changed on the way there. */

import { printable } from "../../compiler/typescript/excerpt.ts";
import type { Changes } from "../../engine/embedded/debug/changes.ts";
import { jsonText, keyText } from "../../engine/embedded/debug/places.ts";
import type { DebugSession } from "../../engine/embedded/debug/session.ts";
import type { DebugState, Stop } from "../../engine/embedded/debug/state.ts";
import { XDP_VERDICTS } from "../../uapi/xdp.ts";
import type { Style } from "../terminal.ts";
import { counted } from "../terminal.ts";
import { type Answer, bytesText, hex, numberText } from "./answer.ts";
import type { Sources } from "./source.ts";

/** Bytes of a change of memory that are shown. */
const MOST_BYTES = 16;
/** Changes of one kind that are shown. */
const MOST_CHANGES = 12;

export interface StopContext {
  readonly session: DebugSession;
  readonly sources: Sources;
  /** The packet of the capture; 0 when there is none. */
  readonly packet: number;
  /** Time of the stop before: changes are told since then. */
  readonly since: number;
  /** What the program printed since then. */
  readonly printed: readonly string[];
}

export function showStop(stop: Stop | { readonly reason: "begin" | "interrupted" }, context: StopContext): Answer {
  const { session, packet, printed } = context;
  const { state } = session;
  const changes = session.changesSince(context.since);
  const instruction = session.text(state.slot) ?? "";
  return {
    json: {
      type: "stop",
      ...reasonData(stop),
      status: state.status,
      ...(packet === 0 ? {} : { packet }),
      time: state.time,
      slot: state.slot,
      function: state.frames[0]?.function,
      ...(state.line === null ? {} : { file: state.line.file, line: state.line.line, column: state.line.column }),
      instruction,
      registers: state.registers.map(hex),
      changes: changesData(changes),
      ...(printed.length === 0 ? {} : { printed }),
    },
    lines(style) {
      return [
        ...printed.map((text) => `${style.dim("printed:")} ${printable(text)}`),
        `${style.bold(reasonText(stop, session))} ${style.dim(`${whereText(state)}, ${timeText(state)}`)}`,
        ...sourceLines(state, context.sources, style),
        ...changeLines(changes, session, style),
        ...(state.status === "ended" ? [] : [`${style.cyan("=>")} ${String(state.slot).padStart(4)}: ${instruction}`]),
      ];
    },
  };
}

function reasonData(stop: Stop | { readonly reason: "begin" | "interrupted" }): Record<string, unknown> {
  switch (stop.reason) {
    case "breakpoint":
      return { reason: stop.reason, breakpoints: stop.breakpoints.map(({ id }) => id) };
    case "watch":
      return {
        reason: stop.reason,
        bySlot: stop.slot,
        watches: stop.changes,
        ...(stop.breakpoints.length === 0 ? {} : { breakpoints: stop.breakpoints.map(({ id }) => id) }),
      };
    case "fault":
      return { reason: stop.reason, message: stop.error.message };
    case "end":
      return { reason: stop.reason, result: hex(stop.result) };
    case "beginning":
      return { reason: stop.reason, forgotten: stop.forgotten };
    default:
      return { reason: stop.reason };
  }
}

function reasonText(stop: Stop | { readonly reason: "begin" | "interrupted" }, session: DebugSession): string {
  switch (stop.reason) {
    case "breakpoint":
      return `${stop.breakpoints.map(({ id }) => `breakpoint ${id}`).join(", ")} in`;
    case "watch":
      return `${stop.changes
        .map(({ id, what, before, after }) => `watch ${id}, ${what}: ${printable(before)} -> ${printable(after)}`)
        .join("; ")}, by slot ${stop.slot},${stop.breakpoints.map(({ id }) => ` breakpoint ${id},`).join("")} in`;
    case "fault":
      return `fault: ${printable(stop.error.message)}\nin`;
    case "end":
      return `returned ${resultText(stop.result, session)} in`;
    case "beginning":
      return stop.forgotten ? "as far back as is remembered, in" : "the beginning of";
    case "interrupted":
      return "interrupted in";
    default:
      return "at";
  }
}

function resultText(result: bigint, session: DebugSession): string {
  const verdict = session.program.spec.type === "xdp" ? XDP_VERDICTS[Number(result & 0xffff_ffffn)] : undefined;
  return verdict === undefined ? numberText(result) : `${result} (XDP_${verdict.toUpperCase()})`;
}

function whereText({ line, frames, slot }: DebugState): string {
  const name = frames[0]?.function ?? "";
  return line === null ? `${name}, slot ${slot}` : `${name}, ${printable(line.file)}:${line.line}`;
}

const timeText = ({ time }: DebugState): string =>
  time === 0 ? "before the first instruction" : `after ${counted(time, "instruction")}`;

/** The source line, and a mark under the column. */
function sourceLines({ line }: Pick<DebugState, "line">, sources: Sources, style: Style): string[] {
  if (line === null) return [];
  const text = sources.line(line.file, line.line);
  const number = String(line.line).padStart(5);
  if (text === undefined) return [];
  const indent = printable(text)
    .slice(0, Math.max(0, line.column - 1))
    .replace(/[^\t]/g, " ");
  const lines = [`${style.dim(`${number} |`)} ${printable(text)}`];
  if (line.column > 0 && line.column <= text.length) lines.push(`${style.dim("      |")} ${indent}${style.green("^")}`);
  return lines;
}

function changeLines({ registers, memory, maps }: Changes, session: DebugSession, style: Style): string[] {
  const lines = [
    ...limited(registers, ({ register, before, after }) => {
      return `r${register}: ${valueText(before, session)} -> ${valueText(after, session)}`;
    }),
    ...limited(memory, ({ place, before, after }) => `${place}: ${shortBytes(before)} -> ${shortBytes(after)}`),
    ...limited(
      maps,
      ({ map, key, before, after }) => `${map}${printable(keyText(key))}: ${entryText(before)} -> ${entryText(after)}`,
    ),
  ];
  return lines.map((line) => `        ${style.yellow(line)}`);
}

function limited<Item>(items: readonly Item[], show: (item: Item) => string): string[] {
  const rest = items.length - MOST_CHANGES;
  return [...items.slice(0, MOST_CHANGES).map(show), ...(rest > 0 ? [`… and ${rest} more`] : [])];
}

/** A register's value, and what it points at. */
export function valueText(value: bigint, session: DebugSession): string {
  const place = session.describe(value);
  return place === null ? numberText(value) : `${hex(value)} ${printable(place)}`;
}

const entryText = (value: unknown): string => (value === undefined ? "(not there)" : printable(jsonText(value)));

function shortBytes(bytes: Uint8Array): string {
  return bytes.length > MOST_BYTES ? `${bytesText(bytes.subarray(0, MOST_BYTES))} … (${bytes.length} bytes)` : bytesText(bytes);
}

function changesData({ registers, memory, maps }: Changes): unknown {
  return {
    registers: registers.map(({ register, before, after }) => ({
      register: `r${register}`,
      before: hex(before),
      after: hex(after),
    })),
    memory: memory.map(({ address, ...rest }) => ({ address: hex(BigInt(address)), ...rest })),
    maps: maps.map(({ map, key, before, after }) => ({ map, key, before: before ?? null, after: after ?? null })),
  };
}
