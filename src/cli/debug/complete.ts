/** What Tab offers: names of commands, and of what they take. */

import type { DebugSession } from "../../engine/embedded/debug/session.ts";
import { HELPER } from "../../uapi/helpers.ts";
import { COMMANDS, findCommand } from "./commands.ts";
import { INFO_TOPICS } from "./commands-breakpoints.ts";

/** As `node:readline` wants it: what fits, and the part of the line that it replaces. */
export function complete(line: string, session: DebugSession): [string[], string] {
  const word = /[\w.]*$/.exec(line)?.[0] ?? "";
  const before = line.slice(0, line.length - word.length).trim();
  const offers = (before === "" ? COMMANDS.map(({ names }) => names[0] ?? "") : offersFor(before, session)).filter((offer) =>
    offer.startsWith(word),
  );
  return [offers.map((offer) => (offers.length === 1 ? `${offer} ` : offer)), word];
}

function offersFor(before: string, session: DebugSession): readonly string[] {
  const [head = "", ...rest] = before.split(/\s+/);
  const expressions = session.scope.names;
  switch (nameOf(head)) {
    case "break":
      if (rest.includes("if")) return expressions;
      if (rest[0] === "helper") return Object.keys(HELPER);
      return rest.length > 0 ? ["if"] : [...session.lines.functions.map(({ name }) => name), "helper", "slot"];
    case "print":
    case "watch":
    case "x":
      return expressions;
    case "info":
      return INFO_TOPICS;
    case "map":
      return Object.keys(session.maps);
    case "help":
      return COMMANDS.map(({ names }) => names[0] ?? "");
    case "back":
      return ["line"];
    case "line":
      return ["packet"];
    case "disassemble":
      return ["all"];
    default:
      return [];
  }
}

function nameOf(word: string): string | undefined {
  try {
    return findCommand(word).names[0];
  } catch {
    return undefined;
  }
}
