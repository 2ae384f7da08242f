/** `break`, `watch`, `delete`, `info`. */

import { printable } from "../../compiler/typescript/excerpt.ts";
import type { BreakAt } from "../../engine/embedded/debug/breakpoints.ts";
import { nearest } from "../../nearest.ts";
import { bytes as byteCount, count, counted } from "../terminal.ts";
import { type Answer, CommandError } from "./answer.ts";
import type { DebugCommand } from "./command.ts";
import { contextAnswer, mapsAnswer } from "./commands-data.ts";
import type { Debugger } from "./debugger.ts";
import { showFrames, showRegisters, showStack } from "./show-code.ts";

const PLACES = "LINE, FILE:LINE, slot N, helper NAME, or the name of a function";

/**
 * A place as people write it: `22`, `firewall.bpf.ts:22`, `slot 5` or `slot:5`, `helper map_lookup_elem`, `count`.
 * @throws CommandError
 */
export function parsePlace(text: string): BreakAt {
  const place = text.trim();
  const slot = /^slot[\s:]\s*(-?\w+)$/.exec(place);
  if (slot !== null) {
    const number = Number(slot[1]);
    if (Number.isInteger(number)) return { slot: number };
    throw new CommandError(`expected slot N, found ${place}`);
  }
  const helper = /^helper[\s:]\s*(\w+)$/.exec(place);
  if (helper !== null) return { helper: /^\d+$/.test(helper[1]!) ? Number(helper[1]) : helper[1]! };
  if (/^\d+$/.test(place)) return { line: Number(place) };
  const line = /^(.+):(\d+)$/.exec(place);
  if (line !== null) return { file: line[1]!, line: Number(line[2]) };
  if (/^[A-Za-z_][\w.]*$/.test(place)) return { function: place };
  throw new CommandError(`break takes ${PLACES}, found ${place === "" ? "nothing" : place}`);
}

/** `22 if r2 > 64`: the place, and the condition or undefined. */
export function parseBreak(text: string): readonly [BreakAt, string | undefined] {
  const at = /(^|\s)if(\s|\(|$)/.exec(text);
  if (at === null) return [parsePlace(text), undefined];
  const condition = text.slice(at.index + at[1]!.length + 2).trim();
  if (condition === "") throw new CommandError("expected a condition behind if, e.g. if r2 > 64");
  return [parsePlace(text.slice(0, at.index)), condition];
}

export const breakCommand: DebugCommand = {
  names: ["break", "b"],
  takes: "PLACE [if CONDITION]",
  help: `stops at a place: ${PLACES}; a condition is an expression (r2 > 64, ip.source == 10.0.0.1)`,
  run(debug, rest) {
    // Without a place: here.
    const text = rest === "" || rest.startsWith("if ") ? `slot ${debug.session.state.slot} ${rest}` : rest;
    const [place, condition] = parseBreak(text);
    const breakpoint = debug.session.breakpoints.add(place, condition);
    return {
      json: { type: "breakpoint", ...breakpoint },
      lines: () => [
        `breakpoint ${breakpoint.id} at ${printable(breakpoint.place)}${condition === undefined ? "" : ` if ${condition}`}`,
      ],
    };
  },
};

export const watchCommand: DebugCommand = {
  names: ["watch", "w"],
  takes: "MAP[KEY] | ADDRESS,SIZE | rN",
  help: "stops when an entry of a map, memory, a register or any expression changes",
  run(debug, rest) {
    if (rest === "") throw new CommandError("watch takes MAP[KEY], ADDRESS,SIZE, a register or another expression");
    const watch = debug.session.watches.add(rest);
    return {
      json: { type: "watch", ...{ id: watch.id, what: watch.what, value: watch.value } },
      lines: () => [`watch ${watch.id}: ${watch.what} is ${printable(watch.value)}`],
    };
  },
};

export const deleteCommand: DebugCommand = {
  names: ["delete", "d"],
  takes: "[N | watch N]",
  help: "removes a breakpoint or a watch by its number, or all breakpoints and watches",
  run(debug, rest) {
    const { breakpoints, watches } = debug.session;
    if (rest === "") {
      breakpoints.clear();
      watches.clear();
      return said("deleted", "all breakpoints and watches are deleted");
    }
    const match = /^(watch\s+)?(\d+)$/.exec(rest);
    if (match === null)
      throw new CommandError(`delete takes the number of a breakpoint, watch N, or nothing for all; found ${rest}`);
    const [, watch, number] = match;
    const id = Number(number);
    if (watch !== undefined ? watches.delete(id) : breakpoints.delete(id)) {
      return said("deleted", `${watch === undefined ? "breakpoint" : "watch"} ${id} is deleted`);
    }
    const there = [...(watch === undefined ? breakpoints : watches)].map((each) => each.id);
    throw new CommandError(
      `there is no ${watch === undefined ? "breakpoint" : "watch"} ${id} (there ${there.length === 1 ? "is" : "are"} ${there.join(", ") || "none"})`,
    );
  },
};

/** An answer that is one sentence. */
export function said(type: string, text: string): Answer {
  return { json: { type, message: text }, lines: () => [text] };
}

export function listBreakpoints({ session }: Debugger): Answer {
  const breakpoints = [...session.breakpoints];
  const watches = [...session.watches].map(({ id, what, value }) => ({ id, what, value }));
  return {
    json: { type: "breakpoints", breakpoints, watches },
    lines(style) {
      if (breakpoints.length + watches.length === 0) return [style.dim("no breakpoints and no watches")];
      return [
        ...breakpoints.map(({ id, place, condition, hits }) => {
          const when = condition === undefined ? "" : ` if ${condition}`;
          return `breakpoint ${id} at ${printable(place)}${when} ${style.dim(`${counted(hits, "hit")}`)}`;
        }),
        ...watches.map(({ id, what, value }) => `watch ${id}: ${what} is ${printable(value)}`),
      ];
    },
  };
}

function programAnswer({ session }: Debugger): Answer {
  const { name, spec } = session.program;
  const { functions, files } = session.lines;
  return {
    json: { type: "program", name, programType: spec.type, slots: session.slots, functions, files },
    lines: () => [
      `${name}: ${spec.type}, ${session.slots} slots, functions ${functions.map((each) => each.name).join(", ")}`,
      `sources: ${files.map(printable).join(", ") || "not known (compile with -g)"}`,
    ],
  };
}

function historyAnswer({ session }: Debugger): Answer {
  const { oldest, newest, bytes, limit } = session.history;
  const { time } = session.state;
  return {
    json: { type: "history", time, oldest, newest, bytes, limit },
    lines: () => [
      `after ${count(time)} of the ${counted(newest, "instruction")} so far; back to ${oldest === 0 ? "the beginning" : `instruction ${count(oldest)}: what was before is forgotten`}`,
      `${byteCount(bytes)} of ${byteCount(limit)}`,
    ],
  };
}

const INFO: Readonly<Record<string, (debug: Debugger) => Answer>> = {
  breakpoints: listBreakpoints,
  registers: ({ session }) => showRegisters(session),
  maps: mapsAnswer,
  stack: ({ session }) => showStack(session),
  context: contextAnswer,
  frames: ({ session }) => showFrames(session),
  program: programAnswer,
  history: historyAnswer,
};

export const INFO_TOPICS = Object.keys(INFO);

export const infoCommand: DebugCommand = {
  names: ["info", "i"],
  takes: "TOPIC",
  help: `shows ${INFO_TOPICS.join(", ")}`,
  run(debug, rest) {
    const topics = INFO_TOPICS.filter((topic) => rest !== "" && topic.startsWith(rest));
    const [topic] = topics;
    if (topic !== undefined && topics.length === 1) return INFO[topic]!(debug);
    const near = nearest(rest, INFO_TOPICS);
    throw new CommandError(
      `info shows ${INFO_TOPICS.join(", ")}; found ${rest === "" ? "nothing" : rest}${near === null || rest === "" ? "" : `: did you mean ${near}?`}`,
    );
  },
};
